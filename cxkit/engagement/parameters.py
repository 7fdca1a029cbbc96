"""Parameters of the six stages: one register of names, types, defaults and meanings.

Precedence: given on the command line > saved overlay (``engagement.json``) > ``client.yml`` > the default here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from cxkit import errors
from cxkit.records import Record


class Parameter(Record):
    """One assumption a consultant may move."""

    name: str
    kind: str
    """Type of the value: ``int``, ``float``, ``bool``, ``str``, ``Optional[float]``."""
    default: int | float | bool | str | None
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    """For a ``str``: the values it may have."""


REGISTER: Mapping[str, Parameter] = {
    p.name: p
    for p in (
        Parameter(
            name="window_months",
            kind="int",
            default=12,
            low=3,
            high=36,
            meaning="months over which retention and cost are measured",
        ),
        Parameter(
            name="discount_rate", kind="float", default=0.10, low=0, high=1, meaning="yearly discount rate, nominal"
        ),
        Parameter(
            name="horizon_months", kind="int", default=36, low=1, high=120, meaning="months a business case looks ahead"
        ),
        Parameter(
            name="default_margin",
            kind="Optional[float]",
            default=None,
            low=0,
            high=1,
            meaning="contribution margin where a benefit names none; none means not assessed",
        ),
        Parameter(
            name="discount_timing",
            kind="str",
            default="end",
            choices=("start", "middle", "end"),
            meaning="when in a month its money is counted",
        ),
        Parameter(
            name="tax_rate",
            kind="float",
            default=0.0,
            low=0,
            high=0.9,
            meaning="tax on the net flow of every month; 0 leaves the case before tax",
        ),
        Parameter(
            name="inflation",
            kind="float",
            default=0.0,
            low=-0.05,
            high=1,
            meaning="yearly price rise of benefits and running costs stated at today's prices; 0: they are nominal",
        ),
        Parameter(
            name="effect_scale",
            kind="float",
            default=1.0,
            low=0,
            high=3,
            meaning="what-if: every stated effect times this",
        ),
        Parameter(
            name="adoption_scale",
            kind="float",
            default=1.0,
            low=0,
            high=1.5,
            meaning="what-if: every stated adoption times this, never above the whole",
        ),
        Parameter(
            name="ramp_added",
            kind="int",
            default=0,
            low=0,
            high=36,
            meaning="what-if: months added to every ramp-up",
        ),
        Parameter(
            name="loop_sla_hours",
            kind="int",
            default=48,
            low=1,
            high=2000,
            meaning="hours within which an unhappy customer is called back",
        ),
        Parameter(
            name="fcr_window_days",
            kind="int",
            default=7,
            low=1,
            high=90,
            meaning="days without a further contact that make a first contact a resolution",
        ),
        Parameter(
            name="match_threshold",
            kind="float",
            default=0.95,
            low=0.5,
            high=0.9999,
            meaning="probability from which two records of different systems count as one person",
        ),
        Parameter(
            name="sla_hours",
            kind="Optional[float]",
            default=None,
            low=0.1,
            high=2000,
            meaning="limit, in open hours, of tickets whose moment has none; none: they are not judged",
        ),
        Parameter(
            name="sla_scale", kind="float", default=1.0, low=0.1, high=5, meaning="what-if: every limit times this"
        ),
        Parameter(
            name="calendar",
            kind="Optional[str]",
            default=None,
            meaning="business calendar of every limit; none: the one of each moment; 'always' runs round the clock",
        ),
        Parameter(
            name="journey_days",
            kind="int",
            default=30,
            low=1,
            high=730,
            meaning="days within which a journey must be finished to count as finished",
        ),
        Parameter(name="budget", kind="Optional[float]", default=None, low=0, meaning="money the council can give out"),
        Parameter(
            name="people_limit",
            kind="Optional[float]",
            default=None,
            low=0,
            meaning="people the plan may use, in full-time places; none: no limit",
        ),
        Parameter(
            name="risk_limit",
            kind="Optional[float]",
            default=None,
            low=0,
            meaning="most the plan may lose on average in the worst share of scenarios; none: no limit",
        ),
        Parameter(
            name="risk_share",
            kind="float",
            default=0.05,
            low=0.01,
            high=0.5,
            meaning="the worst share of scenarios that the risk limit is about",
        ),
        Parameter(
            name="test_cost",
            kind="Optional[float]",
            default=None,
            low=0,
            meaning="cost of a unit in a test that registers none; none: tests are valued before their cost",
        ),
        Parameter(
            name="council_months", kind="int", default=3, low=1, high=24, meaning="months from one council to the next"
        ),
        Parameter(
            name="programme_start",
            kind="Optional[str]",
            default=None,
            meaning="first day of the programme, YYYY-MM-DD; none: the day the mission was adopted",
        ),
        Parameter(
            name="confidence_from",
            kind="str",
            default="learned",
            choices=("learned", "stated"),
            meaning="what takes optimism out of a case: the learned haircut, once enough forecasts came due, or the "
            "stated confidence",
        ),
    )
}
"""Every parameter by name. `seed` and `as_of` are common to all notebooks and not client assumptions."""


def typed(parameter: Parameter, value: Any, *, where: str) -> int | float | bool | str | None:
    """Check a value against its parameter and return it in the parameter's type; `ParameterError` says what is wrong.

    >>> typed(REGISTER["discount_rate"], "0.08", where="client.yml")
    0.08
    """
    wanted = parameter.kind.removeprefix("Optional[").removesuffix("]")
    if value is None or (isinstance(value, str) and value.strip().lower() in {"", "none"}):
        if parameter.kind.startswith("Optional"):
            return None
        raise errors.ParameterError(f"{where}: {parameter.name} needs a {wanted}; {parameter.meaning}.")
    if wanted == "str":
        if parameter.choices and str(value) not in parameter.choices:
            allowed = ", ".join(parameter.choices)
            raise errors.ParameterError(f"{where}: {parameter.name} is '{value}'; it must be one of {allowed}.")
        return str(value)
    try:
        if isinstance(value, bool) and wanted != "bool":
            raise ValueError
        number = float(value)
        result: int | float = int(number) if wanted == "int" else number
        if wanted == "int" and number != result:
            raise ValueError
    except (TypeError, ValueError):
        raise errors.ParameterError(
            f"{where}: {parameter.name} is {value!r}; it must be a {wanted} ({parameter.meaning})."
        ) from None
    low, high = parameter.low, parameter.high
    if (low is not None and result < low) or (high is not None and result > high) or math.isnan(result):
        limits = f"from {low:g} to {high:g}" if high is not None and low is not None else f"at least {low:g}"
        raise errors.ParameterError(f"{where}: {parameter.name} is {value}; it must be {limits} ({parameter.meaning}).")
    return result


def check_names(given: Mapping[str, Any], *, where: str) -> list[str]:
    """Problems of a mapping of parameters: unknown names and wrong values, worded."""
    problems = []
    for name, value in given.items():
        if name not in REGISTER:
            problems.append(errors.unknown_name("parameter", str(name), list(REGISTER), where=where))
            continue
        try:
            typed(REGISTER[name], value, where=where)
        except errors.ParameterError as problem:
            problems.append(str(problem))
    return problems


def settle(
    given: Mapping[str, Any], *, overlay: Mapping[str, Any], client: Mapping[str, Any]
) -> tuple[SimpleNamespace, dict[str, str]]:
    """Decide every parameter by precedence; return the values and where each came from.

    Raises `ParameterError` listing all problems at once.

    >>> values, origin = settle({"budget": None}, overlay={"discount_rate": 0.08}, client={"budget": 1e6})
    >>> values.discount_rate, values.budget, origin["budget"]
    (0.08, 1000000.0, 'client.yml')
    """
    layers = (("the command line", given), ("the saved overlay", overlay), ("client.yml", client))
    problems = [
        text
        for where, layer in layers
        for text in check_names({k: v for k, v in layer.items() if v is not None}, where=where)
    ]
    if problems:
        raise errors.ParameterError(errors.all_problems(problems, what="The parameters"))
    values, origin = SimpleNamespace(), {}
    for name, parameter in REGISTER.items():
        found = next(
            ((w, layer[name]) for w, layer in layers if layer.get(name) is not None), ("the default", parameter.default)
        )
        origin[name] = found[0]
        setattr(values, name, None if found[1] is None else typed(parameter, found[1], where=found[0]))
    return values, origin
