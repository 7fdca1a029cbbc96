"""Contracts of the plan: goals, how they are measured, what is under way, what it should bring and cost."""

from cxkit.tables.authored import BLOCKS, INITIATIVE, LINK_STATUS, METRIC_REF, MOMENT_REF, ROLE, sheet
from cxkit.tables.contract import Rule, col, not_before

GOALS = sheet(
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

KEY_RESULTS = sheet(
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

METRICS = sheet(
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

METRIC_VALUES = sheet(
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

INITIATIVES = sheet(
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

LINKS = sheet(
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

BENEFITS = sheet(
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

INVESTMENTS = sheet(
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

CONTRACTS = (GOALS, KEY_RESULTS, METRICS, METRIC_VALUES, INITIATIVES, LINKS, BENEFITS, INVESTMENTS)
