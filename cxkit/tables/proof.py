"""Contracts of staff tables and of the tables that hold proof."""

from cxkit.tables.contract import Contract, Rule, col
from cxkit.tables.signals import OPTIONAL_ACCOUNT

EXPERIMENT = col(
    "experiment_id",
    "id",
    "the experiment, as registered",
    required=True,
    references="experiments.experiment_id",
    synonyms=("experiment", "test_id"),
)
UNIT = col(
    "unit_id",
    "id",
    "the randomised unit",
    required=True,
    synonyms=("account_id", "user_id", "customer_id", "unit"),
)
ARM = col(
    "arm",
    "text",
    "arm the unit was given",
    required=True,
    synonyms=("variant", "group", "variation", "bucket"),
)

WORKFORCE = Contract(
    name="workforce",
    group="people",
    meaning="Headcount, leavers and engagement",
    grain="one row per month, team and level",
    key=("month", "team", "level"),
    appearance="month",
    owner_role="Enablement/Ops",
    columns=(
        col("month", "month", "month", required=True),
        col("team", "text", "team", required=True, synonyms=("department", "function")),
        col("level", "text", "level", allowed=("executive", "manager", "frontline")),
        col("headcount", "number", "people at the start of the month", required=True, low=0),
        col("leavers", "number", "people who left in the month", low=0),
        col("engagement", "number", "mean engagement, 0 to 100", low=0, high=100),
        col("engagement_n", "integer", "answers behind it", low=0),
        col("burnout", "number", "share who report burnout", low=0, high=1),
        col("absence_days", "number", "days of absence", low=0),
    ),
    unlocks=("turnover, engagement and burnout beside customer figures",),
    synonyms=("staff", "hr", "employees"),
)

TRAINING = Contract(
    name="training",
    group="people",
    meaning="Training and enablement",
    grain="one row per month, team and programme",
    key=("month", "team", "programme"),
    appearance="month",
    owner_role="Enablement/Ops",
    columns=(
        col("month", "month", "month", required=True),
        col("team", "text", "team", required=True),
        col("programme", "text", "programme or tool", required=True),
        col(
            "kind",
            "text",
            "what it is",
            allowed=("course", "playbook", "agent_assist", "onboarding", "hiring"),
        ),
        col("eligible", "integer", "people meant to use it", required=True, low=0),
        col("completed", "integer", "people who completed or use it", required=True, low=0),
    ),
    rules=(
        Rule(
            id="completed_within_eligible",
            predicate='"completed" <= "eligible"',
            columns=("completed", "eligible"),
            says="nobody completes who was not eligible",
            fix="count eligible people of the same month",
        ),
    ),
    unlocks=("adoption % of playbooks and agent assist",),
    synonyms=("learning", "lms"),
)

ASSIGNMENTS = Contract(
    name="assignments",
    group="proof",
    meaning="Who was given which arm",
    grain="one row per experiment and unit",
    key=("experiment_id", "unit_id"),
    appearance="assigned",
    owner_role="Data/Insights",
    columns=(
        EXPERIMENT,
        UNIT,
        ARM,
        col(
            "assigned",
            "timestamp",
            "when the arm was drawn",
            required=True,
            synonyms=("date", "assigned_at", "timestamp"),
        ),
        OPTIONAL_ACCOUNT,
        col(
            "cluster_id",
            "id",
            "the unit that was really randomised, when several units share one draw",
            synonyms=("cluster",),
        ),
        col("stratum", "text", "stratum of the draw"),
    ),
    unlocks=("randomised proof",),
    synonyms=("variants", "randomisation"),
)

EXPOSURES = Contract(
    name="exposures",
    group="proof",
    meaning="Who really met the change",
    grain="one row per exposure",
    key=(),
    appearance="exposed",
    owner_role="Data/Insights",
    columns=(
        EXPERIMENT,
        UNIT,
        col("exposed", "timestamp", "when", required=True),
        col("arm", "text", "arm they met"),
    ),
    unlocks=("contamination of a holdout",),
)

OUTCOMES = Contract(
    name="outcomes",
    group="proof",
    meaning="What each unit did",
    grain="one row per experiment, unit, metric and phase",
    key=("experiment_id", "unit_id", "metric", "phase"),
    appearance="measured",
    owner_role="Data/Insights",
    columns=(
        EXPERIMENT,
        UNIT,
        col("metric", "text", "what was measured", required=True),
        col("phase", "text", "before the draw or after it", required=True, allowed=("pre", "post")),
        col("value", "number", "value; 0 or 1 for a yes-no outcome", required=True, synonyms=("outcome", "y")),
        col("denominator", "number", "for ratios: what the value is divided by", low=0),
        col(
            "measured",
            "timestamp",
            "when the outcome was complete",
            required=True,
            synonyms=("date", "matured"),
        ),
    ),
    unlocks=("effects with CUPED",),
)

PANEL = Contract(
    name="panel",
    group="proof",
    meaning="What units or groups did, period by period",
    grain="one row per experiment, unit, metric and period",
    key=("experiment_id", "unit_id", "metric", "period"),
    appearance="measured",
    owner_role="Data/Insights",
    columns=(
        EXPERIMENT,
        UNIT.model_copy(update={"meaning": "the unit, or the group (region, team, segment) that is followed"}),
        col("metric", "text", "what was measured", required=True),
        col("period", "date", "first day of the period", required=True, synonyms=("month", "week")),
        col("value", "number", "value in the period; for a group its mean or rate", required=True),
        col("n", "integer", "observations behind it", low=0),
        col("measured", "timestamp", "when the value was complete", required=True),
    ),
    unlocks=("difference-in-differences, event studies and synthetic control; whether an effect fades",),
)

ARM_TOTALS = Contract(
    name="arm_totals",
    group="proof",
    meaning="Results that come as totals per arm",
    grain="one row per experiment, arm and metric",
    key=("experiment_id", "arm", "metric"),
    appearance="measured",
    owner_role="Data/Insights",
    columns=(
        EXPERIMENT,
        ARM,
        col("metric", "text", "what was measured", required=True),
        col("n", "integer", "units in the arm", required=True, low=1),
        col("successes", "integer", "units with a yes", low=0),
        col("mean", "number", "mean of the outcome"),
        col("sd", "number", "standard deviation of the outcome", low=0),
        col("measured", "date", "when the outcome was complete", required=True),
    ),
    rules=(
        Rule(
            id="successes_within_n",
            predicate='"successes" <= "n"',
            columns=("successes", "n"),
            says="successes are part of n",
            fix="check the two columns are not swapped",
        ),
        Rule(
            id="totals_are_complete",
            predicate='"successes" IS NOT NULL OR ("mean" IS NOT NULL AND "sd" IS NOT NULL)',
            columns=("successes", "mean", "sd"),
            says="an arm has successes, or a mean and a standard deviation",
            fix="add the missing total",
        ),
    ),
    unlocks=("proof from a testing tool's summary",),
)

CONTRACTS = (WORKFORCE, TRAINING, ASSIGNMENTS, EXPOSURES, OUTCOMES, PANEL, ARM_TOTALS)
