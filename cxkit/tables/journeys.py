"""Contracts of the journey: its moments, what waits, what is promised, and what stands in the way."""

from cxkit.tables.authored import INITIATIVE, METRIC_REF, MOMENT_REF, ROLE, sheet
from cxkit.tables.contract import Rule, col, not_before

MOMENTS = sheet(
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

BACKLOG = sheet(
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

PROMISES = sheet(
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

CHANGES = sheet(
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

REGISTER = sheet(
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

SYSTEMS = sheet(
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

CALENDARS = sheet(
    "calendars",
    "Business hours and holidays",
    "one row per calendar and spell of a weekday, or holiday",
    ("calendar", "weekday", "opens", "holiday"),
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

CONTRACTS = (MOMENTS, BACKLOG, PROMISES, CHANGES, REGISTER, SYSTEMS, CALENDARS)
