"""Contracts of proof and steering: registered experiments, audits, judged data, the council and its wins."""

from cxkit.tables.authored import INITIATIVE, METRIC_REF, ROLE, ROLES, sheet
from cxkit.tables.contract import Rule, col, not_before

EXPERIMENTS = sheet(
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
            allowed=(
                "randomised",
                "cluster_randomised",
                "holdout",
                "did",
                "synthetic_control",
                "matched",
                "before_after",
            ),
        ),
        col("direction", "text", "which way is better", required=True, allowed=("up", "down")),
        col("control_arm", "text", "name of the control arm", required=True),
        col("planned_share", "number", "planned share of the control arm", low=0, high=1),
        col("registered", "date", "when the hypothesis was written down", required=True),
        col("started", "date", "first draw"),
        col("ended", "date", "end of the measurement", known_from="ended"),
        col("minimum_effect", "number", "smallest change worth having, absolute", low=0),
        col(
            "looks",
            "text",
            "whether the result is read once, at the end, or at any time while it runs",
            allowed=("once", "always"),
        ),
        col("segments", "text", "columns of accounts, separated by commas, in which the effect was expected to differ"),
        col("match_on", "text", "matched only: columns of accounts that treated and others are matched on"),
        col("unit_cost", "money", "cost of the test for each unit in it", low=0),
        col("exposed_base", "number", "units a year that a roll-out would reach", low=0),
        col("exposed_base_low", "number", "fewest units a year it may reach", low=0),
        col("exposed_base_high", "number", "most units a year it may reach", low=0),
        col("unit_margin", "money", "margin per unit of the metric", low=0),
        col("unit_margin_low", "money", "lowest margin per unit it may be", low=0),
        col("unit_margin_high", "money", "highest margin per unit it may be", low=0),
        col("pnl_line", "text", "P&L line it shows in"),
        col("lag_months", "number", "months until it shows in the books", low=0, unit="months"),
    ),
    appearance="registered",
    rules=(
        Rule(
            id="base_ordered",
            predicate='"exposed_base_low" <= "exposed_base" AND "exposed_base" <= "exposed_base_high"',
            columns=("exposed_base_low", "exposed_base", "exposed_base_high"),
            says="exposed_base_low ≤ exposed_base ≤ exposed_base_high",
            fix="order the three",
        ),
        Rule(
            id="margin_ordered",
            predicate='"unit_margin_low" <= "unit_margin" AND "unit_margin" <= "unit_margin_high"',
            columns=("unit_margin_low", "unit_margin", "unit_margin_high"),
            says="unit_margin_low ≤ unit_margin ≤ unit_margin_high",
            fix="order the three",
        ),
    ),
    unlocks=("effects weighed against what was registered",),
    owner_role="Data/Insights",
)

EXPERIMENT_METRICS = sheet(
    "experiment_metrics",
    "Further metrics of an experiment, registered with it",
    "one row per experiment and metric",
    ("experiment_id", "metric"),
    (
        col("experiment_id", "id", "the experiment", required=True, references="experiments.experiment_id"),
        col("metric", "text", "the metric, as in outcomes", required=True),
        col(
            "role",
            "text",
            "a second question, or a limit that must hold",
            required=True,
            allowed=("secondary", "guardrail"),
        ),
        col("kind", "text", "scale of the outcome", required=True, allowed=("binary", "mean", "ratio")),
        col("direction", "text", "which way is better", required=True, allowed=("up", "down")),
        col("margin", "number", "guardrail only: the largest harm that is still bearable, absolute", low=0),
        col("registered", "date", "when it was written down", required=True),
    ),
    appearance="registered",
    unlocks=("guardrails beside an effect",),
    owner_role="Data/Insights",
)

REALISED = sheet(
    "realised",
    "Benefit as finance has seen it",
    "one row per initiative, P&L line, span of months and status",
    ("realised_id",),
    (
        col("realised_id", "id", "short name", required=True),
        INITIATIVE,
        col("pnl_line", "text", "P&L line it is on", required=True),
        col("first_month", "month", "first month it covers", required=True),
        col("last_month", "month", "last month it covers", required=True),
        col("amount", "money", "benefit over these months; negative when it cost", required=True),
        col("amount_low", "money", "lowest it may have been"),
        col("amount_high", "money", "highest it may have been"),
        col(
            "status",
            "text",
            "claimed by the initiative, validated by finance, or booked in the ledger",
            required=True,
            allowed=("claimed", "validated", "booked"),
        ),
        col("reported", "date", "day it was reported", required=True),
        col("signed_role", "text", "role that signed it"),
        col("signed", "date", "day it was signed", known_from="signed"),
        col("source", "text", "what it rests on"),
    ),
    appearance="reported",
    rules=(not_before("last_month", "first_month", "a span of months"),),
    unlocks=("forecasts held against what was realised",),
    owner_role="CX Council/Finance",
)

DECISION_RIGHTS = sheet(
    "decision_rights",
    "Who decides what, on which evidence",
    "one row per kind of decision",
    ("right_id",),
    (
        col("right_id", "id", "short name", required=True),
        col("decision", "text", "what is decided", required=True),
        col(
            "verdict", "text", "verdict of the plan it is about", allowed=("fund", "test first", "stop", "keep", "hold")
        ),
        col("up_to", "money", "largest amount it holds for", low=0),
        col("evidence", "text", "least grade of evidence it needs", allowed=("A", "B", "C", "D", "E")),
        col("accountable", "text", "role that answers for it", allowed=ROLES),
        col("responsible", "text", "role that carries it out", allowed=ROLES),
        col("consulted", "text", "roles that are asked before, separated by semicolons"),
        col("informed", "text", "roles that are told after, separated by semicolons"),
    ),
    unlocks=("decisions checked against who may take them",),
    owner_role="CX Council/Finance",
)

AUDIT = sheet(
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

MATURITY = sheet(
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

MISSION = sheet(
    "mission",
    "The CX mission strategy statement",
    "one row per version",
    ("adopted",),
    (
        col("adopted", "date", "day it was adopted", required=True),
        col("statement", "text", "the statement, as adopted", required=True),
        col("goal_ids", "text", "goals it serves, comma-separated"),
        col("decision_test", "text", "the question a decision is put to"),
        col("communicated", "date", "day it was told to everybody", known_from="communicated"),
        ROLE,
    ),
    appearance="adopted",
    unlocks=("whether the mission leads to goals and can decide between two initiatives",),
)

LEADERSHIP = sheet(
    "leadership",
    "What leaders did for the programme",
    "one row per act",
    ("act_id",),
    (
        col("act_id", "id", "short name", required=True),
        col("happened", "date", "when", required=True),
        col(
            "kind",
            "text",
            "which kind of act",
            required=True,
            allowed=("communication", "recognition", "values", "review", "decision", "unblocking"),
        ),
        col("act", "text", "what was done", required=True),
        ROLE,
        col("audience", "text", "teams it reached, separated by semicolons; all when empty"),
        INITIATIVE.model_copy(update={"required": False, "meaning": "initiative it was for"}),
    ),
    appearance="happened",
    unlocks=("whether sponsors act, priorities are told and aligned behaviour is recognised",),
)

IDENTITY_LABELS = sheet(
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

CODINGS = sheet(
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

COUNCIL = sheet(
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

WINS = sheet(
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
    EXPERIMENTS,
    EXPERIMENT_METRICS,
    REALISED,
    AUDIT,
    MATURITY,
    MISSION,
    LEADERSHIP,
    IDENTITY_LABELS,
    CODINGS,
    COUNCIL,
    DECISION_RIGHTS,
    WINS,
)
