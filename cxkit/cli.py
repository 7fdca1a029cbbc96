"""The command line: one function per command, thin over the layers below.

Exit codes: 0 all clients done, 1 some client failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from cxkit import STAGES, __version__
from cxkit.cli_options import ClientName, DataDir, Force, LogFormat, RunsDir
from cxkit.cli_pull import pull
from cxkit.cli_writing import challenge, comment, decide, review
from cxkit.errors import ParameterError, PlaybookError

app = typer.Typer(
    name="cxkit",
    help="The CX Rescue Playbook: from a client's exports to one report a board can act on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cxkit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version and end")
    ] = False,
) -> None:
    """The CX Rescue Playbook: from a client's exports to one report a board can act on."""


def _parameters(pairs: list[str]) -> dict[str, str]:
    """Split ``NAME=VALUE`` pairs; `ParameterError` for one that is none."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ParameterError(f"-p {pair}: write NAME=VALUE, such as -p discount_rate=0.08.")
        found[name.strip()] = value.strip()
    return found


@app.command()
def run(
    clients: Annotated[list[str] | None, typer.Argument(help="names of client folders")] = None,
    every: Annotated[bool, typer.Option("--all", help="run every client")] = False,
    as_of: Annotated[
        str | None, typer.Option(help="last day that counts, YYYY-MM-DD; default: last complete month")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="clients side by side; notebooks of the last ones")] = 1,
    first: Annotated[
        str, typer.Option("--from", help=f"first stage to run: {', '.join(STAGES)}; report: build it anew, run nothing")
    ] = STAGES[0],
    parameter: Annotated[
        list[str] | None, typer.Option("-p", help="NAME=VALUE, for every notebook that has it")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="seconds a notebook may take")] = 900,
    client_timeout: Annotated[
        float, typer.Option(min=0, help="seconds all notebooks of a client may take together; 0: no limit of their own")
    ] = 0,
    max_memory: Annotated[
        float, typer.Option(min=0, help="gigabytes a kernel may hold before it is ended; 0: any number")
    ] = 0,
    cold: Annotated[bool, typer.Option("--cold", help="start every kernel from nothing")] = False,
    force: Force = False,
    wait: Annotated[float, typer.Option(min=0, help="seconds to wait for another run of the same client")] = 0,
    cluster: Annotated[
        str, typer.Option(help="run clients on the workers of this Dask scheduler, such as tcp://10.0.0.5:8786")
    ] = "",
    seed: Annotated[int, typer.Option(help="seed of every random draw")] = 1,
    audience: Annotated[Literal["board", "team", "partner"], typer.Option(help="who will read it")] = "board",
    pdf: Annotated[bool, typer.Option(help="print the report too, where a Chromium is found")] = True,
    log_format: LogFormat = "auto",
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
) -> None:
    """Run the six notebooks of each client and build one report per client."""
    from cxkit.batch import choosing

    if cluster and jobs > 1:
        raise ParameterError("--cluster runs as many clients at once as its workers have threads; leave out --jobs.")
    chosen = choosing.choose(clients or [], every=every, data_dir=data_dir)
    _run(
        chosen,
        again=force,
        form=log_format,
        data_dir=data_dir,
        runs_dir=runs_dir,
        as_of=as_of,
        workers=jobs,
        first=first,
        given=_parameters(parameter or []),
        seconds=timeout,
        client_seconds=client_timeout,
        cold=cold,
        ceiling=round(max_memory * 2**30),
        wait=wait,
        cluster=cluster,
        seed=seed,
        audience=audience,
        pdf=pdf,
    )


@app.command()
def demo(
    log_format: LogFormat = "auto",
    jobs: int = 2,
    pdf: Annotated[bool, typer.Option(help="print the reports too, where a Chromium is found")] = True,
    force: Force = False,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
) -> None:
    """Run every sample client, open nothing, print where the reports are."""
    from cxkit.batch import choosing

    chosen = choosing.choose_samples(data_dir)
    _run(chosen, again=force, form=log_format, data_dir=data_dir, runs_dir=runs_dir, workers=jobs, pdf=pdf)


def _run(
    clients: list[str],
    *,
    again: bool,
    form: Literal["auto", "plain", "json"],
    data_dir: Path | None,
    runs_dir: Path | None,
    first: str = STAGES[0],
    as_of: str | None = None,
    given: dict[str, str] | None = None,
    seed: int = 1,
    audience: str = "board",
    pdf: bool = True,
    **how: Any,
) -> None:
    """Run the clients of whom something changed, tell of the others; what runs them is imported only for the former."""
    from cxkit.batch import stamps
    from cxkit.batch.importing import quickly

    question: dict[str, Any] = {"as_of": as_of, "given": given or {}, "seed": seed, "audience": audience, "pdf": pdf}
    asked = question if first == STAGES[0] else {}
    wanted = clients if asked and not again else []
    same = stamps.those_unchanged(wanted, asked, data_dir=data_dir, runs_dir=runs_dir)
    board = stamps.board(data_dir=data_dir, runs_dir=runs_dir)
    if len(same) == len(clients) and board.is_file():
        if form == "json":
            from cxkit.batch.progress import Reporter, nothing_to_do

            for client in same:
                Reporter(len(same), form)(nothing_to_do(client))
        from cxkit.batch.summary import print_summary

        print_summary(list(same.values()), board)
        return
    rest = [client for client in clients if client not in same]
    if rest and first != "report" and not how.get("cold") and not how.get("cluster"):
        from cxkit.batch import template

        template.begin(how.get("workers", 1))  # it imports while this process does
    with quickly():
        from cxkit.batch import command

    code = command.run(
        rest,
        unchanged=tuple(same.values()),
        first=first,
        asked=asked,
        form=form,
        data_dir=data_dir,
        runs_dir=runs_dir,
        reuse=not again,
        **question,
        **how,
    )
    raise typer.Exit(code)


@app.command()
def new(client: ClientName, data_dir: DataDir = None) -> None:
    """Create a client's folder: settings, workshop workbook, templates and the data request."""
    from cxkit.engagement import places
    from cxkit.tables.scaffold import create

    folder = places.client_folder(client, places.data_folder(data_dir))
    written, kept = create(folder)
    for path in written:
        typer.echo(f"created {path.relative_to(folder.parent)}")
    for path in kept:
        typer.echo(f"left as it was: {path.relative_to(folder.parent)}")
    typer.echo(f"\nNext: send {client}/data-request.md, put the files into {client}/tables/, then: cxkit map {client}")


@app.command("map")
def map_files(
    client: ClientName,
    yes: Annotated[
        bool, typer.Option("--yes", help="take every clear proposal; refuse to guess where two are close")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Propose how the client's files become canonical tables, show why, and ask."""
    from cxkit.engagement import mapping

    mapping.map_client(client, data_dir=data_dir, yes=yes, ask=typer.prompt, say=typer.echo)


@app.command()
def check(
    client: ClientName,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="for people or for machines")] = "text",
    as_of: Annotated[str | None, typer.Option(help="last day that counts")] = None,
    data_dir: DataDir = None,
) -> None:
    """Say everything about the client's tables that a stage would stumble over; exit 1 when no stage can run."""
    from cxkit.engagement import client as clients
    from cxkit.engagement import desk, places, store

    folder = places.client_folder(client, places.data_folder(data_dir))
    settings = clients.read_client(folder)
    taken = desk.take_in(folder, settings, store.read_store(folder), as_of=desk.parse_day(as_of), cache=None)
    typer.echo(taken.text() if form == "text" else json.dumps(taken.document(), indent=1, ensure_ascii=False))
    raise typer.Exit(0 if taken.health.usable else 1)


@app.command()
def status(
    clients: Annotated[list[str] | None, typer.Argument(help="names of client folders")] = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
) -> None:
    """Say what ran, what is stale and what failed."""
    from cxkit.batch import command

    for line in command.status(clients or [], data_dir=data_dir, runs_dir=runs_dir):
        typer.echo(line)


for _written in (pull, decide, comment, review, challenge):
    app.command()(_written)


@app.command()
def lab(
    client: Annotated[str, typer.Argument(help="client to open; none: the first sample client")] = "",
    browser: Annotated[bool, typer.Option(help="open a browser; the address is printed either way")] = True,
    data_dir: DataDir = None,
) -> None:
    """Open JupyterLab on the start page; notebooks are copies in the client's own folder."""
    from cxkit.engagement import laboratory

    raise typer.Exit(laboratory.open_lab(client, data_dir=data_dir, say=typer.echo, browser=browser))


@app.command()
def forget(
    client: ClientName,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
) -> None:
    """Erase a client everywhere and say what was erased."""
    from cxkit.engagement import forgetting

    found = forgetting.belongings(client, data_dir=data_dir, runs_dir=runs_dir)
    for path in found:
        typer.echo(str(path))
    if not yes:
        typer.confirm(f"Erase these {len(found)} folders for good?", abort=True)
    typer.echo(forgetting.erase(client, data_dir=data_dir, runs_dir=runs_dir))


@app.command()
def simulate(
    accounts: Annotated[int, typer.Option(min=30, help="how many customers")],
    name: Annotated[str, typer.Option(help="name of the client's folder")] = "simulated",
    seed: Annotated[int, typer.Option(help="seed of every random draw")] = 1,
    data_dir: DataDir = None,
) -> None:
    """Make a client of any size with a known truth, for trials and benchmarks."""
    from cxkit.engagement import places
    from cxkit.simulate import write_simulated

    folder = places.client_folder(name, places.data_folder(data_dir))
    write_simulated(folder, accounts=accounts, seed=seed, progress=_said)
    typer.echo(f"wrote {folder.name}; its truth is in {folder.name}/truth.json")


def _said(text: str) -> None:
    """Progress goes to standard error."""
    typer.echo(text, err=True)


@app.command(hidden=True)
def pages() -> None:
    """Write the generated pages of the playbook anew."""
    from cxkit.engagement import pages as generated

    for path in generated.write():
        typer.echo(f"wrote {path.name}")


def main() -> int:
    """Run the command line and return its exit code; worded errors are printed without a traceback."""
    try:
        app()
    except ParameterError as problem:
        typer.echo(f"cxkit: {problem}", err=True)
        return 2
    except PlaybookError as problem:
        typer.echo(f"cxkit: {problem}", err=True)
        return 1
    except SystemExit as ended:
        if not isinstance(ended.code, int | None):
            raise
        return ended.code or 0
    return 0


def program() -> NoReturn:
    """`main` as a program: what is to be done at the end is done, and nothing is taken apart that ends anyway.

    Taking libraries apart object by object takes a second after a run.
    """
    code = main()
    threads: Any = threading
    threads._shutdown()  # as an interpreter leaves: first the threads are waited for,
    atexit._run_exitfuncs()  # then what was registered is done
    with suppress(OSError):  # a reader that has gone, such as head
        sys.stdout.flush()
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    program()
