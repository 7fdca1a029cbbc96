"""Contracts of what no system exports and people write in ``workshop.xlsx``, one sheet each."""

from cxkit.tables.contract import Column, Contract, Rule, col, not_before

ROLES = ("CXO/PMO", "RevOps/Data", "Journey Owners", "Data/Insights", "Enablement/Ops", "CX Council/Finance")
ROLE = col("owner_role", "text", "role that answers for it", allowed=ROLES)
INITIATIVE = col("initiative_id", "id", "the initiative", required=True, references="initiatives.initiative_id")
MOMENT_REF = col("moment_id", "id", "the moment of the journey", references="moments.moment_id")
METRIC_REF = col("metric_id", "id", "the metric", references="metrics.metric_id")
BLOCKS = ("revenue", "cost", "risk")
LINK_STATUS = ("claimed", "correlational", "quasi-experimental", "randomised")


def _sheet(
    name: str,
    meaning: str,
    grain: str,
    key: tuple[str, ...],
    columns: tuple[Column, ...],
    *,
    appearance: str = "",
    rules: tuple[Rule, ...] = (),
    unlocks: tuple[str, ...] = (),
    owner_role: str = "CXO/PMO",
) -> Contract:
    return Contract(
        name=name,
        group="authored",
        meaning=meaning,
        grain=grain,
        key=key,
        columns=columns,
        appearance=appearance,
        rules=rules,
        unlocks=unlocks,
        owner_role=owner_role,
    )


GOALS = _sheet(
    "goals",
    "What the organisation wants",
    "one row per goal",
    ("goal_id",),
    (
        col("goal_id", "id", "short name, such as G1", required=True),
        col("goal", "text", "the goal in one sentence", required=True),
        col(
            "type",
            "text",
            "which of the four kinds",
            required=True,
            allowed=("growth", "margin", "risk", "brand"),
        ),
        col("outcome", "text", "the customer outcome it needs"),
        ROLE,
        col("owner", "text", "who answers for it", personal="name"),
        col("due", "date", "when it should be met"),
    ),
    unlocks=("traceability from goal to initiative",),
)

KEY_RESULTS = _sheet(
    "key_results",
    "How each goal is measured",
    "one row per key result",
    ("kr_id",),
    (
        col("kr_id", "id", "short name, such as KR1.1", required=True),
        col("goal_id", "id", "the goal", required=True, references="goals.goal_id"),
        col("key_result", "text", "the result in one sentence", required=True),
        METRIC_REF,
        col("baseline", "number", "value when it was set"),
        col("target", "number", "value to reach"),
        col("unit", "text", "unit of both"),
        col("due", "date", "when"),
        ROLE,
    ),
)

METRICS = _sheet(
    "metrics",
    "Metrics in use, and why",
    "one row per metric",
    ("metric_id",),
    (
        col("metric_id", "id", "short name", required=True),
        col("metric", "text", "its name", required=True),
        col("kind", "text", "what it measures", allowed=("business", "cx_outcome", "journey_kpi", "activity")),
        col("owner_team", "text", "team that is measured by it"),
        col("direction", "text", "which way is better", allowed=("up", "down")),
        col("incentive_weight", "number", "share of the team's variable pay", low=0, high=1),
        col("why_tracked", "text", "why it is tracked"),
        col("decision", "text", "which decision it serves"),
        col("used_by", "text", "who uses it"),
        col("target", "number", "target"),
        col("unit", "text", "unit"),
    ),
    unlocks=("vanity metrics and conflicting incentives",),
)

METRIC_VALUES = _sheet(
    "metric_values",
    "Monthly values of metrics no table holds",
    "one row per metric, month and segment",
    ("metric_id", "month", "segment"),
    (
        METRIC_REF.model_copy(update={"required": True}),
        col("month", "month", "month", required=True),
        col("segment", "text", "segment; all when empty"),
        col("value", "number", "value", required=True),
        col("n", "integer", "observations behind it", low=0),
    ),
    appearance="month",
)

INITIATIVES = _sheet(
    "initiatives",
    "Everything that is under way or asked for",
    "one row per initiative",
    ("initiative_id",),
    (
        col("initiative_id", "id", "short name", required=True),
        col("initiative", "text", "its name", required=True),
        col("hypothesis", "text", "benefit hypothesis: if we …, then … moves by …, because …"),
        METRIC_REF.model_copy(update={"meaning": "metric it should move"}),
        col("expected_change", "number", "how far the metric should move, in its unit"),
        MOMENT_REF,
        col("owner", "text", "single owner", personal="name"),
        ROLE,
        col("sponsor", "text", "executive sponsor", personal="name"),
        col("business_unit", "text", "unit that runs it"),
        col("status", "text", "where it stands", allowed=("idea", "approved", "running", "done", "stopped")),
        col(
            "framing",
            "text",
            "a project with an end, or a product with an owner",
            allowed=("project", "product"),
        ),
        col("registered", "date", "when it was put on the list"),
        col("started", "date", "when work began"),
        col("planned_end", "date", "planned end"),
        col("ended", "date", "when it ended", known_from="ended"),
        col("budget", "money", "approved money, whole life", low=0),
        col("spent", "money", "spent so far", low=0),
        col("funded", "boolean", "whether the money is approved"),
        col("must_keep", "boolean", "required by law or contract"),
        col("plan_minimum", "number", "smallest share of the budget at which it still works", low=0, high=1),
    ),
    appearance="registered",
    rules=(not_before("ended", "started", "an initiative"),),
    unlocks=("the ledger: one row per initiative from goal to funding",),
)

LINKS = _sheet(
    "links",
    "Which thing is meant to move which",
    "one row per link",
    ("from_id", "to_id"),
    (
        col("from_id", "id", "initiative, metric or key result", required=True),
        col("to_id", "id", "metric, key result or goal it should move", required=True),
        col("status", "text", "how well it is known", allowed=LINK_STATUS),
        col("share", "number", "share of the target it should deliver", low=0, high=1),
        col("note", "text", "on what it rests"),
    ),
)

BENEFITS = _sheet(
    "benefits",
    "What an initiative should bring",
    "one row per benefit",
    ("benefit_id",),
    (
        col("benefit_id", "id", "short name", required=True),
        INITIATIVE,
        col("block", "text", "revenue, cost or risk", required=True, allowed=BLOCKS),
        col(
            "driver",
            "text",
            "what moves",
            required=True,
            allowed=(
                "grr",
                "nrr",
                "conversion",
                "orders",
                "deflection",
                "aht",
                "recontact",
                "complaints",
                "compliance",
                "other",
            ),
        ),
        col(
            "kind",
            "text",
            "cash, freed capacity, or growth avoided",
            required=True,
            allowed=("cashable", "capacity", "avoided_growth"),
        ),
        col("base", "number", "how many units it applies to in a year", required=True, low=0),
        col("base_unit", "text", "what is counted"),
        col("effect_low", "number", "pessimistic change per unit"),
        col("effect", "number", "expected change per unit", required=True),
        col("effect_high", "number", "optimistic change per unit"),
        col("unit_value", "money", "money per unit of change; revenue before margin", required=True),
        col("margin", "number", "contribution margin; 1 for cost and risk", low=0, high=1),
        col("adoption", "number", "share that really takes it up", low=0, high=1),
        col("deadweight", "number", "share that would have happened anyway", low=0, high=1),
        col("confidence", "number", "stated confidence that it happens", low=0, high=1),
        col("start", "month", "first month"),
        col("ramp_months", "integer", "months until full effect", low=0),
        col("months", "integer", "months it lasts", low=1),
        col("pnl_line", "text", "P&L line where it shows"),
        col("source", "text", "where the numbers come from"),
        col("formula", "text", "how they were worked out"),
        col("shared_claim", "text", "name of the pool other initiatives claim from too"),
    ),
    rules=(
        Rule(
            id="effect_ordered",
            predicate='"effect_low" <= "effect" AND "effect" <= "effect_high"',
            columns=("effect_low", "effect", "effect_high"),
            says="effect_low ≤ effect ≤ effect_high",
            fix="order the three; for a reduction the effect is written as a positive improvement",
        ),
    ),
    unlocks=("a business case in three blocks",),
    owner_role="CX Council/Finance",
)

INVESTMENTS = _sheet(
    "investments",
    "What an initiative costs",
    "one row per cost",
    ("investment_id",),
    (
        col("investment_id", "id", "short name", required=True),
        INITIATIVE,
        col("month", "month", "first month it is paid", required=True),
        col("amount", "money", "amount; per month for run_rate", required=True, low=0),
        col("kind", "text", "once or every month", required=True, allowed=("one_off", "run_rate")),
        col("months", "integer", "for run_rate: how many months", low=1),
        col(
            "status",
            "text",
            "whether it can still be saved",
            required=True,
            allowed=("sunk", "committed", "cancellable"),
        ),
        col("exit_cost", "money", "cost of stopping", low=0),
        col("note", "text", "what it buys"),
    ),
    owner_role="CX Council/Finance",
)

REGISTER = _sheet(
    "register",
    "Systems, assumptions, metrics and rocks that stand in the way",
    "one row per item",
    ("item_id",),
    (
        col("item_id", "id", "short name", required=True),
        col(
            "kind",
            "text",
            "which of the four mapping questions",
            required=True,
            allowed=("system", "assumption", "metric", "rock"),
        ),
        col("item", "text", "what it is", required=True),
        col("teams", "text", "teams it lies between"),
        MOMENT_REF,
        col("severity", "integer", "1 (nuisance) to 5 (stops the work)", low=1, high=5),
        ROLE,
        col("raised", "date", "when"),
        col("settled", "date", "when it was removed", known_from="settled"),
    ),
    appearance="raised",
)

SYSTEMS = _sheet(
    "systems",
    "Systems that hold signals",
    "one row per system",
    ("system_id",),
    (
        col("system_id", "id", "short name", required=True),
        col("system", "text", "its name", required=True),
        col("holds", "text", "which signals, comma-separated: billing, crm, support, voc, telemetry, orders"),
        col("moments", "text", "moment ids it covers, comma-separated; all when empty"),
        col("key", "text", "which customer key it carries"),
        col("feeds", "text", "system ids it sends data to, comma-separated"),
        col("refresh_hours", "number", "how often it is refreshed", low=0),
        ROLE,
        col("taxonomy", "text", "version of the code frame it uses"),
    ),
    unlocks=("the signal map and its gaps",),
    owner_role="Data/Insights",
)

AUDIT = _sheet(
    "audit",
    "Answers to the alignment audit",
    "one row per respondent, wave and item",
    ("respondent", "wave", "item_id"),
    (
        col("respondent", "id", "a pseudonym, never a name", required=True),
        col("team", "text", "team"),
        col("level", "text", "level", allowed=("executive", "manager", "frontline")),
        col("wave", "date", "day of the wave", required=True),
        col("item_id", "id", "item of playbook/audit.yml", required=True),
        col("score", "integer", "1 (not at all) to 5 (fully)", required=True, low=1, high=5),
    ),
    appearance="wave",
)

MATURITY = _sheet(
    "maturity",
    "Maturity as the client sees it",
    "one row per capability and assessment",
    ("capability", "assessed"),
    (
        col(
            "capability",
            "text",
            "capability of playbook/maturity.yml",
            required=True,
            allowed=(
                "okr_traceability",
                "scorecard",
                "journey_ownership",
                "data_identity",
                "enablement",
                "funding_governance",
            ),
        ),
        col("assessed", "date", "when", required=True),
        col("current", "integer", "1 (ad hoc) to 5 (operationalised)", required=True, low=1, high=5),
        col("target", "integer", "level to reach", low=1, high=5),
        col("evidence", "text", "what it rests on"),
        ROLE,
    ),
    appearance="assessed",
    unlocks=("self-assessed maturity beside the evidenced one",),
)

MOMENTS = _sheet(
    "moments",
    "Moments of the journey that matter",
    "one row per moment",
    ("moment_id",),
    (
        col("moment_id", "id", "short name", required=True),
        col("moment", "text", "its name", required=True),
        col("journey", "text", "journey it belongs to"),
        col("position", "integer", "order within the journey", low=1),
        col("owner", "text", "single-threaded owner", personal="name"),
        ROLE,
        METRIC_REF.model_copy(update={"meaning": "its KPI"}),
        col("sla_hours", "number", "hours within which a contact is resolved", low=0, unit="hours"),
        col("calendar", "text", "business calendar of the clock; always open when empty"),
        col("playbook", "text", "title of the playbook"),
        col("knowledge", "text", "knowledge article"),
        col("self_serve", "text", "self-serve path"),
        col("start_event", "text", "event that opens it"),
        col("value_event", "text", "event that shows first value"),
        col("end_to_end", "boolean", "whether the owner answers for the whole journey"),
    ),
    unlocks=("owner, SLA, playbook and backlog per moment",),
    owner_role="Journey Owners",
)

BACKLOG = _sheet(
    "backlog",
    "Improvements waiting",
    "one row per item",
    ("item_id",),
    (
        col("item_id", "id", "short name", required=True),
        MOMENT_REF.model_copy(update={"required": True}),
        col("item", "text", "what", required=True),
        col("created", "date", "when", required=True),
        col("done", "date", "when finished", known_from="done"),
        col("value_per_month", "money", "money lost every month it waits", low=0),
        col("effort_days", "number", "days of work", low=0, unit="days"),
        col(
            "source",
            "text",
            "where it came from",
            allowed=("usage", "feedback", "complaint", "roadmap", "executive"),
        ),
    ),
    appearance="created",
    rules=(not_before("done", "created", "an item"),),
    owner_role="Journey Owners",
)

PROMISES = _sheet(
    "promises",
    "What customers are told, and what they get",
    "one row per promise",
    ("promise_id",),
    (
        col("promise_id", "id", "short name", required=True),
        MOMENT_REF,
        col("promise", "text", "what is promised", required=True),
        col("promised_by", "text", "team that promises"),
        col("delivered_by", "text", "team that delivers"),
        col("promised", "number", "promised value"),
        col("delivered", "number", "value found"),
        col("unit", "text", "unit of both"),
        col("better", "text", "which way is better", allowed=("lower", "higher")),
    ),
)

CHANGES = _sheet(
    "changes",
    "Structural changes made because of feedback",
    "one row per change",
    ("change_id",),
    (
        col("change_id", "id", "short name", required=True),
        col("theme", "text", "feedback theme behind it"),
        MOMENT_REF,
        col("change", "text", "what was changed", required=True),
        col("changed", "date", "when", required=True),
        INITIATIVE.model_copy(update={"required": False}),
        METRIC_REF,
    ),
    appearance="changed",
)

EXPERIMENTS = _sheet(
    "experiments",
    "Hypotheses registered before the data",
    "one row per experiment",
    ("experiment_id",),
    (
        col("experiment_id", "id", "short name", required=True),
        INITIATIVE.model_copy(update={"required": False}),
        col("hypothesis", "text", "what should happen", required=True),
        col("metric", "text", "primary metric, as in outcomes", required=True),
        col("kind", "text", "scale of the outcome", required=True, allowed=("binary", "mean", "ratio")),
        col(
            "design",
            "text",
            "how units were chosen",
            required=True,
            allowed=("randomised", "cluster_randomised", "holdout", "before_after"),
        ),
        col("direction", "text", "which way is better", required=True, allowed=("up", "down")),
        col("control_arm", "text", "name of the control arm", required=True),
        col("planned_share", "number", "planned share of the control arm", low=0, high=1),
        col("registered", "date", "when the hypothesis was written down", required=True),
        col("started", "date", "first draw"),
        col("ended", "date", "end of the measurement", known_from="ended"),
        col("minimum_effect", "number", "smallest change worth having, absolute", low=0),
        col("exposed_base", "number", "units a year that a roll-out would reach", low=0),
        col("unit_margin", "money", "margin per unit of the metric", low=0),
        col("pnl_line", "text", "P&L line it shows in"),
        col("lag_months", "number", "months until it shows in the books", low=0, unit="months"),
    ),
    appearance="registered",
    unlocks=("effects weighed against what was registered",),
    owner_role="Data/Insights",
)

IDENTITY_LABELS = _sheet(
    "identity_labels",
    "Pairs a person has judged",
    "one row per pair",
    ("left_system", "left_id", "right_system", "right_id"),
    (
        col("left_system", "text", "system", required=True),
        col("left_id", "id", "key", required=True),
        col("right_system", "text", "system", required=True),
        col("right_id", "id", "key", required=True),
        col("same", "boolean", "whether both are one person", required=True),
    ),
    owner_role="Data/Insights",
)

CODINGS = _sheet(
    "codings",
    "Verbatims coded by people",
    "one row per response and coder",
    ("response_id", "coder"),
    (
        col("response_id", "id", "the response", required=True, references="surveys.response_id"),
        col("coder", "id", "who coded, as a pseudonym", required=True),
        col("code", "text", "code of playbook/taxonomy.yml", required=True),
        col("frame", "text", "version of the code frame"),
    ),
    owner_role="Data/Insights",
)

CALENDARS = _sheet(
    "calendars",
    "Business hours and holidays",
    "one row per calendar and weekday or holiday",
    ("calendar", "weekday", "holiday"),
    (
        col("calendar", "text", "name", required=True),
        col("weekday", "integer", "1 Monday to 7 Sunday; empty for a holiday", low=1, high=7),
        col("opens", "number", "hour of opening, local, 8.5 is 08:30", low=0, high=24, unit="hours"),
        col("closes", "number", "hour of closing, local", low=0, high=24, unit="hours"),
        col("holiday", "date", "day on which it is closed"),
    ),
    rules=(
        Rule(
            id="closes_after_opens",
            predicate='"closes" > "opens"',
            columns=("opens", "closes"),
            says="a day closes after it opens",
            fix="write hours as numbers, 8.5 for 08:30",
        ),
    ),
    owner_role="Enablement/Ops",
)

COUNCIL = _sheet(
    "council",
    "Seats of the CX council",
    "one row per seat",
    ("seat_id",),
    (
        col("seat_id", "id", "short name", required=True),
        col("business_unit", "text", "unit it speaks for"),
        col("seat", "text", "kind of seat", allowed=("chair", "finance", "member", "secretary")),
        ROLE,
        col("holder", "text", "who holds it", personal="name"),
        col("decides", "text", "what it decides, on which evidence"),
        col("since", "date", "from"),
        col("until", "date", "to", known_from="until"),
    ),
    appearance="since",
    owner_role="CX Council/Finance",
)

WINS = _sheet(
    "wins",
    "Team actions that brought a business result",
    "one row per win",
    ("win_id",),
    (
        col("win_id", "id", "short name", required=True),
        col("team", "text", "team", required=True),
        col("happened", "date", "when", required=True),
        col("action", "text", "what they did", required=True),
        col("result", "text", "what it brought"),
        INITIATIVE.model_copy(update={"required": False}),
        METRIC_REF,
        col("value", "money", "money, where known"),
    ),
    appearance="happened",
)

CONTRACTS = (
    GOALS,
    KEY_RESULTS,
    METRICS,
    METRIC_VALUES,
    INITIATIVES,
    LINKS,
    BENEFITS,
    INVESTMENTS,
    REGISTER,
    SYSTEMS,
    AUDIT,
    MATURITY,
    MOMENTS,
    BACKLOG,
    PROMISES,
    CHANGES,
    EXPERIMENTS,
    IDENTITY_LABELS,
    CODINGS,
    CALENDARS,
    COUNCIL,
    WINS,
)
