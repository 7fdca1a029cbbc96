"""What the evidence of a run says, in the few figures that rules of maturity ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cxkit.govern import decided
from cxkit.records import Record, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import rows


class Facts:
    """Figures of all results of a run; None is "cannot be told"."""

    def __init__(self, tables: Tables, results: Iterable[Result], decisions: Iterable[Record] = ()) -> None:
        """Collect; `results` may hold any results of the run, `decisions` as in `decided.read`."""
        self.tables = tables
        self.results: Mapping[str, Result] = {f"{r.stage}.{r.name}": r for r in results}
        self._values: dict[str, float | None] = {}
        self._counts: dict[str, int | None] = {}
        for result in self.results.values():
            for finding in result.findings:
                if finding.initiative is None and finding.subject is None:
                    self._values.setdefault(finding.id, finding.value)
                    self._counts.setdefault(finding.id, finding.n)
        self._decisions: list[dict[str, Any]] = decided.read(decisions, as_of=tables.as_of)

    def value(self, id: str) -> float | None:
        """Value of the finding with this id that is about the whole, or None."""
        return self._values.get(id)

    def complement(self, id: str) -> float | None:
        """For a finding that counts what lacks something: the share that has it."""
        value, n = self._values.get(id), self._counts.get(id)
        return 1 - value / n if value is not None and n else None

    @property
    def supported_share(self) -> float | None:
        """Of what initiatives claim of key results, the share that travels over tested links."""
        result = self.results.get("align.traceability")
        if result is None or not result.has("key_results"):
            return None
        claims = result.frame("key_results")
        claimed = float(claims["claimed"].sum())
        return float(claims["supported"].sum()) / claimed if claimed > 0 else None

    @property
    def links_stand(self) -> bool | None:
        """Whether no test speaks against a link; None while links were not held against tests."""
        result = self.results.get("govern.links")
        if result is None or not result.has("links"):
            return None
        return not bool((result.frame("links")["verdict"] == "contradicts").any())

    @property
    def has_targets(self) -> bool | None:
        """Whether at least one figure of the scorecard has a target."""
        result = self.results.get("quantify.scorecard")
        if result is None or not result.has("measures"):
            return None
        return bool(result.frame("measures")["target"].notna().any())

    @property
    def ties(self) -> bool | None:
        """Whether revenue and cost tie to the books; None while nothing could be held against them."""
        if getattr(self.results.get("quantify.scorecard"), "provisional", ()):
            return False
        held = getattr(self.results.get("data.health"), "ties", ()) or getattr(
            self.results.get("data.books"), "series", ()
        )
        verdicts = {tie.verdict for tie in held}
        if "does not tie" in verdicts:
            return False
        return True if "ties" in verdicts else None

    @property
    def has_backlog(self) -> bool | None:
        """Whether a backlog is kept."""
        return True if rows(self.tables, "backlog") else None if "backlog" not in self.tables.present else False

    @property
    def adoption(self) -> float | None:
        """Of the people that training and tools were meant for, the share reached; latest month of each programme.

        Over the twelve months before `as_of`; people who were meant for two programmes count in both.
        """
        if self.tables.lacking({"training": ("month", "team", "programme", "eligible", "completed")}):
            return None
        latest = "row_number() OVER (PARTITION BY team, programme ORDER BY month DESC, eligible DESC, completed)"
        found = self.tables.frame(
            "SELECT sum(completed) AS completed, sum(eligible) AS eligible FROM (SELECT * FROM training "
            f"WHERE month > DATE '{self.tables.as_of}' - INTERVAL 12 MONTH AND eligible > 0 AND completed IS NOT NULL "
            f"QUALIFY {latest} = 1)"
        ).iloc[0]
        return float(found["completed"]) / float(found["eligible"]) if found["eligible"] > 0 else None

    @property
    def case_share(self) -> float | None:
        """Share of the live budget, or of live initiatives where no budget is known, that has a business case."""
        result = self.results.get("govern.ledger")
        if result is None or not result.has("initiatives"):
            return None
        live = result.frame("initiatives")
        live = live[live["live"]]
        has = live["case_status"] != "gap"
        weight = live["budget"].fillna(0.0)
        if not len(live):
            return None
        return float(weight[has].sum() / weight.sum()) if weight.sum() > 0 else float(has.mean())

    @property
    def finance_seat(self) -> bool | None:
        """Whether finance has a seat in the council."""
        if "seat" not in self.tables.supplied("council"):
            return None
        in_force = (row for row in rows(self.tables, "council") if row["until"] is None)
        return any(row["seat"] == "finance" for row in in_force)

    @property
    def decided(self) -> int:
        """Decisions recorded up to `as_of`."""
        return len(self._decisions)

    @property
    def moved(self) -> int:
        """Decisions to fund or to stop that have been carried out."""
        return sum(row["state"] == "done" and row["verdict"] in ("fund", "stop") for row in self._decisions)
