"""What the contracts of ``workshop.xlsx`` share: roles, references and the form of a sheet.

The sheets themselves are declared in `plans`, `journeys` and `governance`.
"""

from cxkit.tables.contract import Column, Contract, Rule, col

ROLES = ("CXO/PMO", "RevOps/Data", "Journey Owners", "Data/Insights", "Enablement/Ops", "CX Council/Finance")
ROLE = col("owner_role", "text", "role that answers for it", allowed=ROLES)
INITIATIVE = col("initiative_id", "id", "the initiative", required=True, references="initiatives.initiative_id")
MOMENT_REF = col("moment_id", "id", "the moment of the journey", references="moments.moment_id")
METRIC_REF = col("metric_id", "id", "the metric", references="metrics.metric_id")
BLOCKS = ("revenue", "cost", "risk")
LINK_STATUS = ("claimed", "correlational", "quasi-experimental", "randomised")


def sheet(
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
    """Declare a table that no system exports and people write, one sheet of the workbook each."""
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
