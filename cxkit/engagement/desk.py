"""A stage notebook's desk: the client's tables as of a day, the settled assumptions, and a place for results.

Other stages are imported when they are asked for: a kernel of its own waits for everything that is imported here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from cxkit import STAGES, __version__, errors
from cxkit.engagement import evidence, history, parameters, places, results, reviews
from cxkit.engagement.client import Client, read_client
from cxkit.engagement.people import mask_of
from cxkit.engagement.reading import FOLDER, Reads
from cxkit.engagement.store import Decision, Store, read_store
from cxkit.metrics.optimism import Haircut
from cxkit.records import Result, Stage
from cxkit.report.blocks import NoteBody
from cxkit.report.redact import redacted
from cxkit.tables import intake
from cxkit.tables.engine import ALL, Tables
from cxkit.tables.health import DataHealth
from cxkit.tables.mapping import TableMapping

if TYPE_CHECKING:
    from cxkit.instrument import CodeFrame
    from cxkit.orchestrate import PlayBook

R = TypeVar("R", bound=Result)


def parse_day(text: str | date | None) -> date | None:
    """Read an ISO date; `ParameterError` when it is none.

    >>> parse_day("2026-10-31")
    datetime.date(2026, 10, 31)
    """
    if text is None or isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise errors.ParameterError(f"as_of is '{text}'; write a day as YYYY-MM-DD, such as 2026-10-31.") from None


class Desk:
    """What `open_desk` returns: everything a stage notebook needs, and nothing it could spoil."""

    def __init__(
        self,
        *,
        stage: Stage,
        name: str,
        folder: Path,
        client: Client,
        store: Store,
        taken: intake.Intake,
        place: Path,
        runs: Path,
        given: Mapping[str, Any],
        seed: int,
        kept: Path | None = None,
        reads: Reads | None = None,
    ) -> None:
        self.stage = stage
        self.name = name
        self.folder = folder
        self.kept = kept or folder
        """Where the client's settings and history are read: in a run as they were when it began."""
        self.reads = reads or Reads()
        self.client = client
        self.store = store
        self.place = place
        self.runs = runs
        self.seed: int = seed
        self.tables: Tables = computed_on(client, taken.tables)
        self.mask = mask_of(client, taken.tables)
        self.state: DataHealth = redacted(taken.health, self.mask)
        self.problems = self.mask.plain(taken.problems)
        self.as_of: date = taken.as_of
        self.tables.noticed = self.reads.table
        if type(self.tables) is not Tables:
            self.reads.table(ALL)
        self.settings: SimpleNamespace
        self.settings, self.origin = parameters.settle(
            given, overlay=store.parameters, client=client_parameters(client)
        )

    def __repr__(self) -> str:
        """Whose numbers these are and up to when: what a notebook shows when it has opened the desk."""
        last = f"{self.as_of.day} {self.as_of:%B %Y}"
        return f"{self.client.name}: data to {last}, money in {self.client.currency}"

    @property
    def health(self) -> DataHealth:
        """The state of the client's data."""
        self.reads("health")
        return self.state

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Decisions recorded on or before `as_of`."""
        self.reads("decisions")
        return tuple(d for d in self.store.decisions if d.decided <= self.as_of.isoformat())

    @property
    def registrations(self) -> tuple[history.Registration, ...]:
        """Experiments as runs up to `as_of` found them registered, oldest first."""
        self.reads("registrations")
        day = self.as_of.isoformat()
        return tuple(r for r in history.read(self.kept, history.Registration) if r.seen <= day)

    @property
    def forecasts(self) -> tuple[history.Forecast, ...]:
        """Forecasts approved on or before `as_of`, oldest first."""
        self.reads("forecasts")
        day = self.as_of.isoformat()
        return tuple(f for f in history.read(self.kept, history.Forecast) if f.approved <= day)

    @property
    def haircut(self) -> Haircut | None:
        """What is learned from forecasts that came due, for the next case; None while stated confidence is to count."""
        if self.settings.confidence_from != "learned":
            return None
        from cxkit import prove  # noqa: PLC0415

        return prove.forecasts(self.tables, forecasts=self.forecasts, realised=prove.realised(self.tables)).haircut

    @property
    def challenges(self) -> tuple[history.Challenge, ...]:
        """Objections to numbers logged on or before `as_of`, oldest first."""
        self.reads("challenges")
        day = self.as_of.isoformat()
        return tuple(c for c in history.read(self.kept, history.Challenge) if c.logged <= day)

    @property
    def plays(self) -> PlayBook:
        """The book of plays with the client's own laid over it."""
        from cxkit.engagement.plays import play_book  # noqa: PLC0415

        return play_book(self.store)

    @property
    def frame(self) -> CodeFrame:
        """The client's code frame: ours with its ``taxonomy.yml`` on top."""
        return _frame(self.kept)

    @property
    def families(self) -> dict[str, str]:
        """Reason of a ticket, as the client words it → its code in the frame, for those that have one."""
        if "reason" not in self.tables.supplied("tickets"):
            return {}
        query = "SELECT reason, count(*) AS n FROM tickets WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
        frame, words = self.frame, self.tables.frame(f"{query} LIMIT 500")["reason"].astype(str)
        return {word: code for word in words if (code := frame.reason_of(word))}

    @property
    def broken(self) -> dict[str, dict[str, int]]:
        """Table → how many rules of its contract the data break, by severity."""
        found: dict[str, dict[str, int]] = {}
        health = self.health
        problems = health.frame("problems") if health.has("problems") else None
        for table, severity in [] if problems is None else zip(problems["table"], problems["severity"], strict=True):
            one = found.setdefault(str(table), {})
            one[str(severity)] = one.get(str(severity), 0) + 1
        return found

    @property
    def programme_start(self) -> date | None:
        """First day of the programme where the client states it."""
        return parse_day(self.settings.programme_start)

    @property
    def targets(self) -> Mapping[str, float]:
        """Metric id → target, from ``client.yml``."""
        return self.client.targets

    @property
    def provisional(self) -> tuple[str, ...]:
        """Tables that do not tie to the books (``revenue``, ``costs``), so that what rests on them is provisional."""
        return self.state.provisional

    def keep(self, result: R) -> R:
        """Mask a result, save it under this run, and hand it back as it was saved."""
        masked = redacted(result, self.mask)
        results.save(masked, self.place)
        return masked

    def load(self, cls: type[R]) -> R:
        """A result of an earlier stage: the saved one, or computed now when this run has none yet."""
        self.reads.result(cls)
        try:
            return results.load(cls, self.place)
        except errors.InputError:
            from cxkit.engagement.recipes import RECIPES  # noqa: PLC0415

            recipe = RECIPES[f"{cls.stage}.{cls.name}"]
        made = recipe(self)
        if not isinstance(made, cls):
            raise TypeError(f"the recipe of {cls.stage}.{cls.name} made a {type(made).__name__}")
        return self.keep(made)

    def previous(self) -> list[dict[str, Any]]:
        """Findings of the last published run before this `as_of`, newest first wins; empty when there is none."""
        self.reads("previous")
        runs = sorted(self.runs.glob("[0-9]*/results/findings.json"), reverse=True)
        for path in runs:
            if path.parent.parent.name < self.as_of.isoformat():
                found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
                return found
        return []

    def before(self, cls: type[R]) -> R | None:
        """The same result of the last published run before this `as_of`; None without one that can be read."""
        self.reads("previous")
        for run in sorted(self.runs.glob("[0-9]*/results"), reverse=True):
            if run.parent.name < self.as_of.isoformat() and not run.parent.name.endswith(".failed"):
                try:
                    return results.load(cls, run)
                except (errors.InputError, ValueError):
                    return None
        return None

    def upstream(self) -> tuple[Result, ...]:
        """Every result of the stages before this one (all six for an added notebook); computed now where missing."""
        last = STAGES.index(self.stage) if self.stage in STAGES else len(STAGES) if self.stage == "own" else 0
        before = STAGES[:last]
        from cxkit.engagement.recipes import CLASSES  # noqa: PLC0415

        return tuple(self.load(cls) for name, cls in CLASSES.items() if name.split(".")[0] in before)

    def commentary(self) -> tuple[NoteBody, ...]:
        """What people wrote about this stage, each with whether its evidence has changed since."""
        return self.mask.plain(reviews.notes(self.kept, self.store, self.stage, place=self.place))

    def evidence(self, stage: str) -> str:
        """Hash of what a stage's saved findings say: what commentary is written against."""
        from cxkit.engagement.recipes import CLASSES  # noqa: PLC0415

        for name, cls in CLASSES.items():
            if name.split(".")[0] == stage != self.stage:
                self.reads.result(cls)
        return evidence.hash_of(evidence.of_results(self.place, stage=stage))


def computed_on(client: Client, tables: Tables) -> Tables:
    """The cut tables where the client's settings want them computed on."""
    if client.engine != "spark":
        return tables
    from cxkit.tables import spark  # noqa: PLC0415

    cores = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    return spark.on_spark(tables, spark.session(cores=cores, partitions=cores, settings=client.spark))


def check_engine(name: str, client: Client) -> None:
    """Raise `InputError` where what the client's settings want to compute on is not here."""
    if client.engine != "spark":
        return
    from cxkit.tables import spark  # noqa: PLC0415

    if why := spark.missing():
        raise errors.InputError(f"{name}/client.yml asks for engine: spark, and {why}. Install it, or say duckdb.")


def client_parameters(client: Client) -> dict[str, Any]:
    """Parameters as ``client.yml`` gives them; the budget has a line of its own there."""
    return {"budget": client.budget, **client.parameters}


def mapping_of(store: Store) -> dict[str, TableMapping]:
    """The saved mapping as objects."""
    return {name: TableMapping.model_validate(value) for name, value in store.mapping.items()}


def fingerprint(
    client: Client, store: Store, taken: intake.Intake, *, frame: CodeFrame, seed: int, history_hash: str = ""
) -> str:
    """Hash of all that a client's results depend on, apart from what one notebook was given by hand."""
    parts = {
        "client": client.model_dump(mode="json"),
        "mapping": store.mapping,
        "parameters": store.parameters,
        "plays": store.plays,
        "frame": frame.model_dump(mode="json"),
        "files": {f.file: f.sha256 for f in taken.files},
        "as_of": taken.as_of.isoformat(),
        "history": history_hash,
        "seed": seed,
        "version": __version__,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _inputs(folder: Path, settings: Client, store: Store, taken: intake.Intake, seed: int) -> str:
    return fingerprint(settings, store, taken, frame=_frame(folder), seed=seed, history_hash=history.digest(folder))


def _frame(folder: Path) -> CodeFrame:
    from cxkit.engagement.frame import read_frame  # noqa: PLC0415

    return read_frame(folder)


def take_in(
    folder: Path, client: Client, store: Store, *, as_of: date | None, cache: Path | None, snapshot: str = ""
) -> intake.Intake:
    """Read, map, cut and check a client's files, or open the `snapshot` in the cache that an earlier reading named."""
    if (
        snapshot
        and cache
        and (found := intake.again(cache / snapshot, timezone=client.timezone, currency=client.currency))
    ):
        return found
    return intake.load(
        folder,
        mapping=mapping_of(store),
        as_of=as_of,
        timezone=client.timezone,
        currency=client.currency,
        cache=cache,
    )


def open_desk(
    stage: Stage = "own",
    *,
    client: str | None = None,
    as_of: str | date | None = None,
    seed: int | None = None,
    run_dir: str | Path | None = None,
    data_dir: str | Path | None = None,
    **given: Any,
) -> Desk:
    """Open a client for one stage, or for a notebook of one's own (``open_desk()``), which sees what all six found.

    `client` is the name of its folder (default: the client the notebook lies in).
    `as_of` is the last day that counts, inclusive (default: the last complete month in the client's tables).
    `run_dir` is the folder of a batch run; without it results go to the client's own ``work/`` folder and nothing
    is published. Further keywords are the notebook's parameters; None means "as the client has it". What a notebook
    leaves out and a batch has told its kernel (`places.told_by_batch`) is as the batch has it. Raises `InputError` or
    `ParameterError` with everything that is wrong.
    """
    told = places.told_by_batch()
    told = told if client in {None, told.get("client")} else {}
    data = places.data_folder(data_dir or told.get("data_dir"))
    name = client or told.get("client") or places.current_client(data)
    as_of, run_dir = as_of or told.get("as_of"), run_dir or told.get("run_dir")
    seed = told.get("seed", 1) if seed is None else seed
    given = told.get("given", {}) | {name: value for name, value in given.items() if value is not None}
    folder = places.client_folder(name, data)
    run = Path(run_dir) if run_dir else folder / "work"
    pinned = run / places.PINNED / name if run_dir else folder
    kept = pinned if pinned.is_dir() else folder
    settings = read_client(kept)
    store = read_store(kept)
    cache = run.parent / ".snapshots" if run_dir else run / "snapshots"
    same = kept.parent / places.SNAPSHOT
    snapshot = same.read_text(encoding="utf-8") if kept is not folder and same.is_file() else ""
    taken = take_in(folder, settings, store, as_of=parse_day(as_of), cache=cache, snapshot=snapshot)
    place = run / "results" if run_dir else run / taken.as_of.isoformat() / "results"
    if not run_dir:
        results.renew(place, _inputs(folder, settings, store, taken, seed))
    runs = run.parent if run_dir else places.runs_folder(data=data) / name
    return Desk(
        stage=stage,
        name=name,
        folder=folder,
        client=settings,
        store=store,
        taken=taken,
        place=place,
        runs=runs,
        given=given,
        seed=seed,
        kept=kept,
        reads=Reads(run / FOLDER / stage if kept is not folder else None),
    )
