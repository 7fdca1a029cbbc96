"""SQL of the stages, written for DuckDB, as Spark understands it.

sqlglot translates the grammar and most functions. What it gets wrong, or cannot know without the types of columns, is
put right here, so that both engines give the same numbers:

- instants are naive UTC (``TIMESTAMP_NTZ``); ``epoch_us`` reads them as such, ``AT TIME ZONE`` moves them;
- ``/`` divides doubles (by nought: infinity), ``//`` whole numbers, and a cast to a whole number rounds;
- day less day is a number of days, ``date_diff`` counts the boundaries crossed;
- nulls come last in every order; ``any_value``, ``arg_min`` and ``arg_max`` pass over them;
- quantiles are exact; ``hash`` is another hash, good for grouping alone.

Columns of relations are looked up in `schema`, stars are written out, and every name is quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlglot import exp, parse_one
from sqlglot.errors import OptimizeError, SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

Node: TypeAlias = Any
"""A node of a syntax tree; sqlglot's own classes for them change from release to release."""
Kind = exp.DataType.Type
DAYS = frozenset({Kind.DATE, Kind.DATE32})
INSTANTS = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMPNTZ, Kind.DATETIME})
WHOLE = frozenset({Kind.TINYINT, Kind.SMALLINT, Kind.INT, Kind.BIGINT, Kind.INT128, Kind.UBIGINT, Kind.UINT})
HUGE = frozenset({Kind.INT128, Kind.UINT128, Kind.UBIGINT})
DECIMALS = frozenset({Kind.DECIMAL})
REALS = frozenset({Kind.DOUBLE, Kind.FLOAT})
PASSES = 6
"""Most rounds in which types are found, day arithmetic is put into words and types are found again."""


class Untranslatable(ValueError):
    """A construct that has no like on the other engine; the SQL has to say it more plainly."""


def to_spark(sql: str, schema: Mapping[str, Mapping[str, str]], names: Mapping[str, str] | None = None) -> str:
    """One query written for DuckDB, for Spark.

    `schema` maps a relation to its columns and their DuckDB types; `names` maps a relation, as the query calls it
    (``memory.main.x`` for one that is replaced), to what it is called on Spark. Raises `Untranslatable`.

    >>> print(to_spark("SELECT a // 2 AS half FROM t", {"t": {"a": "BIGINT"}}))
    SELECT `t`.`a` DIV 2 AS `half` FROM `t` AS `t`
    """
    try:
        tree = parse_one(sql, read="duckdb")
    except SqlglotError as error:
        raise Untranslatable(f"{error}\n{sql}") from error
    known = {names.get(k, k) if names else k: dict(v) for k, v in schema.items()}
    _renamed(tree, names or {})
    tree = _typed(tree, known)
    _unfolded(tree)
    for node in reversed(list(tree.bfs())):
        made = _rewritten(node)
        if made is not node:
            node.replace(made)
    return tree.sql(dialect="spark", identify=True)


def _renamed(tree: Node, names: Mapping[str, str]) -> None:
    """Call every relation what the other engine calls it, with its own name as the alias."""
    for scope in traverse_scope(tree):
        for table in scope.tables:
            source = scope.sources.get(table.alias_or_name)
            if not isinstance(source, exp.Table) and not table.db:
                continue
            called = ".".join(p.name for p in table.parts)
            target = names.get(called)
            if target is None:
                continue
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
            table.set("this", exp.to_identifier(target, quoted=True))
            table.set("db", None)
            table.set("catalog", None)


def _typed(tree: Node, schema: Mapping[str, dict[str, str]]) -> Node:
    held = MappingSchema(dict(schema), dialect="duckdb", normalize=True)
    try:
        tree = qualify(tree, schema=held, dialect="duckdb", validate_qualify_columns=False, quote_identifiers=True)
    except OptimizeError as error:
        raise Untranslatable(f"{error}\n{tree.sql('duckdb')}") from error
    for _ in range(PASSES):
        tree = annotate_types(tree, schema=held, dialect="duckdb")
        if not _days(tree):
            break
    return tree


def _days(tree: Node) -> bool:
    """Put day less day into a count of days; whether anything changed, so that types must be found again."""
    changed = False
    for node in list(tree.find_all(exp.Sub)):
        if _is(node.this, DAYS) and _is(node.expression, DAYS):
            node.replace(_as(_call("DATEDIFF", node.this.copy(), node.expression.copy()), "BIGINT"))
            changed = True
    return changed


def _unfolded(tree: Node) -> None:
    """Rows made of a list inside an expression become a join with the list, as the other engine has it."""
    for number, node in enumerate(list(tree.find_all(exp.Explode))):
        select = node.parent_select
        if select is None or node.find_ancestor(exp.From, exp.Join, exp.Lateral):
            continue
        name = f"unfolded_{number}"
        columns = exp.TableAlias(this=exp.to_identifier(f"u{number}"), columns=[exp.to_identifier(name)])
        held = exp.Column(this=exp.to_identifier(name, quoted=True))
        held.type = node.type
        node.replace(held)
        select.append("laterals", exp.Lateral(this=node, view=True, alias=columns))


def _series(node: Node) -> Node:
    """A list of numbers or days that is empty where its end lies before its start."""
    start, end = node.args["start"], node.args["end"]
    if node.args.get("is_end_exclusive"):
        end = exp.Paren(this=exp.Sub(this=_within(end), expression=exp.Literal.number(1)))
    more = [node.args["step"]] if node.args.get("step") else []
    there = exp.LTE(this=_within(start.copy()), expression=_within(end.copy()))
    nothing = _call("SLICE", _call("ARRAY", start.copy()), exp.Literal.number(1), exp.Literal.number(0))
    return exp.If(this=there, true=_call("SEQUENCE", start, end, *more), false=nothing)


def _md5_number(text: Node) -> Node:
    """The last eight bytes of the digest as a number, the least first."""
    digest = _call("MD5", text)
    pairs = [_call("SUBSTR", digest.copy(), exp.Literal.number(at), exp.Literal.number(2)) for at in range(31, 16, -2)]
    number = _call("CONV", _call("CONCAT", *pairs), exp.Literal.number(16), exp.Literal.number(10))
    return exp.Cast(this=number, to=exp.DataType.build("DECIMAL(20, 0)"))


def _is(node: Node | None, kinds: frozenset[Any]) -> bool:
    return node is not None and node.type is not None and node.type.this in kinds


def _call(name: str, *args: Node) -> Node:
    return exp.Anonymous(this=name, expressions=list(args))


def _as(node: Node, type_: str) -> Node:
    """The node cast to a type; never folded away."""
    made = exp.Cast(this=node, to=exp.DataType.build(type_, dialect="duckdb"))
    made.type = exp.DataType.build(type_, dialect="duckdb")
    return made


def _instant(node: Node) -> Node:
    return exp.Cast(this=node, to=exp.DataType(this=Kind.TIMESTAMPLTZ))


def _naive(node: Node) -> Node:
    return exp.Cast(this=node, to=exp.DataType(this=Kind.TIMESTAMPNTZ))


def _double(node: Node) -> Node:
    return node if _is(node, REALS) else _as(_within(node), "DOUBLE")


def _within(node: Node) -> Node:
    return exp.Paren(this=node) if isinstance(node, exp.Binary | exp.Connector) else node


def _bare(node: Node) -> Node:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _divided(node: exp.Div) -> Node:
    """Division of doubles; by nought it is infinite, or no number where nought is divided."""
    over, under = _double(_within(node.this)), _within(node.expression)
    whole = exp.Div(this=over, expression=under.copy(), typed=False, safe=False)
    divisor = _bare(under)
    if isinstance(divisor, exp.Literal) and float(divisor.name) != 0:
        return exp.Paren(this=whole)
    endless = exp.Mul(this=over.copy(), expression=_as(exp.Literal.string("Infinity"), "DOUBLE"))
    nought = exp.EQ(this=under.copy(), expression=exp.Literal.number(0))
    return exp.If(this=nought, true=endless, false=whole)


def _cast(node: exp.Cast) -> Node:
    target = node.to.this
    inner = node.this
    if target in HUGE:
        node.set("to", exp.DataType.build("DECIMAL(38, 0)"))
    if target in WHOLE and _is(inner, REALS):
        node.set("this", _call("RINT", inner))
    elif target in WHOLE and _is(inner, DECIMALS):
        node.set("this", _call("ROUND", inner, exp.Literal.number(0)))
    return node


def _zoned(node: exp.AtTimeZone) -> Node:
    inner, outer = _bare(node.this), node.parent
    while isinstance(outer, exp.Paren):
        outer = outer.parent
    if isinstance(outer, exp.AtTimeZone):
        return node
    if not isinstance(inner, exp.AtTimeZone):
        raise Untranslatable(f"one AT TIME ZONE alone gives an instant with a zone: {node.sql('duckdb')}")
    return _call("CONVERT_TIMEZONE", inner.args["zone"], node.args["zone"], _naive(inner.this))


def _apart(node: exp.DateDiff) -> Node:
    """Boundaries crossed between two moments, as DuckDB counts them."""
    unit = node.text("unit").upper() or "DAY"
    end, start = node.this, node.expression
    if unit in {"DAY", "DAYS"}:
        return _as(_call("DATEDIFF", _as(end, "DATE"), _as(start, "DATE")), "BIGINT")
    if unit in {"MONTH", "MONTHS", "YEAR", "YEARS", "QUARTER"}:
        years = exp.Paren(this=exp.Sub(this=_call("YEAR", end), expression=_call("YEAR", start)))
        if unit.startswith("YEAR"):
            return _as(years, "BIGINT")
        part, size = ("QUARTER", 4) if unit == "QUARTER" else ("MONTH", 12)
        parts = exp.Paren(this=exp.Sub(this=_call(part, end.copy()), expression=_call(part, start.copy())))
        return _as(
            exp.Paren(this=exp.Add(this=exp.Mul(this=years, expression=exp.Literal.number(size)), expression=parts)),
            "BIGINT",
        )
    if unit in {"HOUR", "MINUTE", "SECOND"}:
        size = {"HOUR": 3600, "MINUTE": 60, "SECOND": 1}[unit]
        ends = [
            _call("FLOOR", exp.Div(this=_call("UNIX_SECONDS", _instant(x)), expression=exp.Literal.number(size)))
            for x in (end, start)
        ]
        return _as(exp.Paren(this=exp.Sub(this=ends[0], expression=ends[1])), "BIGINT")
    raise Untranslatable(f"date_diff in {unit}")


def _extreme(name: str) -> Callable[[Node], Node]:
    def made(node: Node) -> Node:
        value, key = node.this, node.expression
        there = exp.Not(this=exp.Is(this=_within(value.copy()), expression=exp.Null()))
        return _call(name, value, exp.If(this=there, true=key, false=exp.Null()))

    return made


def _any_value(node: Node) -> Node:
    inner = node.this
    return _call("ANY_VALUE", inner.this, exp.true()) if isinstance(inner, exp.AnyValue) else node


def _quantile_disc(node: Node) -> Node:
    value, days = node.this, _is(node.this, DAYS)
    order = exp.Order(expressions=[exp.Ordered(this=_call("UNIX_DATE", value) if days else value, nulls_first=True)])
    found = exp.WithinGroup(this=_call("PERCENTILE_DISC", node.expression), expression=order)
    return _call("DATE_FROM_UNIX_DATE", exp.Cast(this=found, to=exp.DataType.build("INT"))) if days else found


def _summed(node: Node) -> Node:
    if _is(node.this, frozenset({Kind.BOOLEAN})):
        node.set("this", exp.Cast(this=_within(node.this), to=exp.DataType.build("INT")))
    return node


def _averaged(node: Node) -> Node:
    inner = node.this
    if not isinstance(inner, exp.Distinct) and not _is(inner, REALS):
        node.set("this", _double(inner))
    return node


def _moved(node: Node) -> Node:
    """A day plus or less a number of days."""
    name = "DATE_ADD" if isinstance(node, exp.Add) else "DATE_SUB"
    for day, count in ((node.this, node.expression), (node.expression, node.this)):
        if _is(day, DAYS) and (_is(count, WHOLE | DECIMALS)) and not isinstance(_bare(count), exp.Interval):
            made = _call(name, day, exp.Cast(this=_within(count), to=exp.DataType.build("INT")))
            made.type = exp.DataType.build("DATE")
            return made
    return node


def _matches(node: Node) -> Node:
    flag = node.args.get("flag")
    if flag is None:
        return node
    pattern = node.expression
    if not (isinstance(pattern, exp.Literal) and isinstance(flag, exp.Literal)):
        raise Untranslatable("regexp_matches with flags takes plain texts")
    return exp.RegexpLike(this=node.this, expression=exp.Literal.string(f"(?{flag.name}){pattern.name}"))


def _replaced(node: Node) -> Node:
    flags = node.args.get("modifiers")
    text = flags.name if isinstance(flags, exp.Literal) else ""
    if "g" not in text:
        raise Untranslatable("regexp_replace takes the flag g: the other engine replaces every match")
    pattern = node.expression
    others = text.replace("g", "")
    if others and isinstance(pattern, exp.Literal):
        pattern = exp.Literal.string(f"(?{others}){pattern.name}")
    return _call("REGEXP_REPLACE", node.this, pattern, node.args["replacement"])


def _truncated(node: Node) -> Node:
    return _naive(_call("DATE_TRUNC", exp.Literal.string(node.text("unit").upper()), node.this))


NAMED: Mapping[str, Callable[[list[Node]], Node]] = {
    "EPOCH_US": lambda a: _call("UNIX_MICROS", _instant(a[0])),
    "HASH": lambda a: _call("XXHASH64", *a),
    "MAKE_TIMESTAMP": lambda a: _naive(_call("TIMESTAMP_MICROS", a[0])),
    "ISODOW": lambda a: _weekday(a[0]),
    "MD5_NUMBER_LOWER": lambda a: _md5_number(a[0]),
    "STRLEN": lambda a: _call("OCTET_LENGTH", a[0]),
    "LIST_CONTAINS": lambda a: _call("ARRAY_CONTAINS", *a),
    "TO_DAYS": lambda a: _call("MAKE_DT_INTERVAL", a[0]),
    "ISFINITE": lambda a: exp.Paren(
        this=exp.LT(this=_call("ABS", a[0]), expression=_as(exp.Literal.string("Infinity"), "DOUBLE"))
    ),
}
"""Functions sqlglot passes on as they are, under the name DuckDB gives them."""


def _weekday(day: Node) -> Node:
    return exp.Paren(this=exp.Add(this=_call("WEEKDAY", day), expression=exp.Literal.number(1)))


def _day_of_week(node: Node) -> Node:
    return exp.Paren(this=exp.Sub(this=_call("DAYOFWEEK", node.this), expression=exp.Literal.number(1)))


def _listed(node: Node) -> Node:
    """Different texts in order: a set put in order, because a second DISTINCT beside it is refused otherwise."""
    order = node.this if isinstance(node.this, exp.Order) else None
    distinct = order.this if order is not None else node.this
    if not isinstance(distinct, exp.Distinct) or isinstance(node.parent, exp.Filter):
        return node
    (text,) = distinct.expressions
    if order is not None and (len(order.expressions) > 1 or order.expressions[0].this != text):
        return node
    ordered = _call("ARRAY_SORT", _call("COLLECT_SET", text))
    if order is not None and order.expressions[0].args.get("desc"):
        ordered = _call("SORT_ARRAY", _call("COLLECT_SET", text), exp.false())
    joined = _call("ARRAY_JOIN", ordered, node.args.get("separator") or exp.Literal.string(","))
    none = exp.EQ(this=exp.Count(this=text.copy()), expression=exp.Literal.number(0))
    return exp.If(this=none, true=exp.Null(), false=joined)


REWRITTEN: Mapping[type[Node], Callable[..., Node]] = {
    exp.Div: _divided,
    exp.Cast: _cast,
    exp.AtTimeZone: _zoned,
    exp.DateDiff: _apart,
    exp.ArgMin: _extreme("MIN_BY"),
    exp.ArgMax: _extreme("MAX_BY"),
    exp.IgnoreNulls: _any_value,
    exp.PercentileCont: lambda n: _call("PERCENTILE", n.this, n.expression),
    exp.PercentileDisc: _quantile_disc,
    exp.Sum: _summed,
    exp.Avg: _averaged,
    exp.Add: _moved,
    exp.Sub: _moved,
    exp.RegexpLike: _matches,
    exp.RegexpReplace: _replaced,
    exp.TimestampTrunc: _truncated,
    exp.DateTrunc: _truncated,
    exp.DayOfWeekIso: lambda n: _weekday(n.this),
    exp.DayOfWeek: _day_of_week,
    exp.GenerateSeries: _series,
    exp.GroupConcat: _listed,
    exp.UnixToTime: lambda n: _naive(_call("TIMESTAMP_MICROS", n.this)),
    exp.TimeToUnix: lambda n: exp.Paren(
        this=exp.Div(this=_call("UNIX_MICROS", _instant(n.this)), expression=exp.Literal.number("1000000.0D"))
    ),
}


def _rewritten(node: Node) -> Node:
    if isinstance(node, exp.Anonymous):
        made = NAMED.get(node.name.upper())
        return made(node.expressions) if made else node
    rewrite = REWRITTEN.get(type(node))
    if rewrite is None:
        return node
    kind, made_node = node.type, rewrite(node)
    if made_node.type is None and kind is not None:
        made_node.type = kind
    return made_node
