"""The commands by which people write something down: decisions, comments, reviews and challenges."""

from __future__ import annotations

from typing import Annotated

import typer

from cxkit import STAGES
from cxkit.cli_options import ClientName, DataDir, RunsDir
from cxkit.errors import ParameterError


def decide(
    client: ClientName,
    verdict: Annotated[str, typer.Option(help="what was decided: fund, test first, stop, keep …")] = "",
    initiative: Annotated[str, typer.Option(help="id of the initiative it is about")] = "",
    amount: Annotated[float | None, typer.Option(help="money")] = None,
    owner_role: Annotated[str, typer.Option(help="role that carries it out")] = "",
    decided: Annotated[str | None, typer.Option(help="day of the decision; default today")] = None,
    due: Annotated[str, typer.Option(help="day by which it is carried out")] = "",
    note: Annotated[str, typer.Option(help="why, in one sentence")] = "",
    done: Annotated[str, typer.Option(help="id of a decision that was carried out, instead of a new one")] = "",
    withdrawn: Annotated[str, typer.Option(help="id of a decision that is taken back, instead of a new one")] = "",
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
) -> None:
    """Record a decision of the council with the evidence it rests on, or what became of one."""
    from cxkit.engagement import decisions

    if done or withdrawn:
        if verdict or (done and withdrawn):
            raise ParameterError("Say one thing at a time: a new --verdict, or what is --done, or what is --withdrawn.")
        settled = decisions.settle(
            client,
            done or withdrawn,
            state="done" if done else "withdrawn",
            on=decided,
            note=note,
            data_dir=data_dir,
        )
        state = f"done on {settled.done}" if settled.done else f"withdrawn on {settled.withdrawn}"
        typer.echo(f"recorded {settled.decision_id}: {settled.verdict}, {state}")
        return
    recorded = decisions.record(
        client,
        verdict=verdict,
        initiative=initiative,
        amount=amount,
        owner_role=owner_role,
        decided=decided,
        due=due,
        note=note,
        data_dir=data_dir,
        runs_dir=runs_dir,
    )
    typer.echo(
        f"recorded {recorded.decision_id}: {recorded.verdict}, on evidence {recorded.evidence or 'none (no run yet)'}"
    )


def comment(
    client: ClientName,
    stage: Annotated[str, typer.Option(help=f"stage it is about: {', '.join(STAGES)}")],
    text: Annotated[str, typer.Option(help="the comment, in Markdown; an empty one takes away the one named by --id")],
    role: Annotated[str, typer.Option(help="role that writes")] = "",
    which: Annotated[str, typer.Option("--id", help="comment to replace, such as C2")] = "",
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
) -> None:
    """Write a comment on a stage against the numbers of the last run; no version of it is ever lost."""
    from cxkit.batch import reviewing

    made = reviewing.comment(
        client, stage=stage, text=text, role=role, comment_id=which, data_dir=data_dir, runs_dir=runs_dir
    )
    against = f", against evidence {made.evidence}" if made and made.evidence else ""
    typer.echo(f"wrote {made.comment_id} on {made.stage}{against}" if made else f"took away {which}")


def review(
    client: ClientName,
    items: Annotated[list[str] | None, typer.Argument(help="what to confirm, such as comment:C1")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="let them stand: those named, or all")] = False,
    role: Annotated[str, typer.Option(help="role that looked at them")] = "",
    note: Annotated[str, typer.Option(help="why they still hold, in one sentence")] = "",
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
) -> None:
    """List what was written against other numbers (exit 1 while there is any), or confirm that it still holds."""
    from cxkit.batch import reviewing

    if not confirm:
        found = reviewing.waiting(client, data_dir=data_dir, runs_dir=runs_dir)
        for line in reviewing.lines(found) or ["nothing needs review"]:
            typer.echo(line)
        raise typer.Exit(1 if found else 0)
    done = reviewing.confirm(client, role=role, only=items or None, note=note, data_dir=data_dir, runs_dir=runs_dir)
    for item in done:
        typer.echo(f"confirmed {item.id} against evidence {item.evidence}")
    typer.echo(f"Build the report anew: cxkit run {client} --from report" if done else "nothing needs review")


def challenge(
    client: ClientName,
    finding: Annotated[str, typer.Argument(help="key of the finding, as the evidence register shows it")],
    says: Annotated[str, typer.Option(help="what is wrong with the number")] = "",
    role: Annotated[str, typer.Option(help="role that objects")] = "",
    answer: Annotated[str, typer.Option(help="the answer to its open challenge, instead of a new one")] = "",
    which: Annotated[str, typer.Option("--id", help="which challenge is answered, where several are open")] = "",
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
) -> None:
    """Log an objection to a number beside it, or answer one; the number itself stays as it is."""
    from cxkit.engagement import challenges

    if says and answer:
        raise ParameterError("Say one thing at a time: --says to object, --answer to answer.")
    if answer:
        made = challenges.answer(client, finding, text=answer, challenge_id=which, data_dir=data_dir, runs_dir=runs_dir)
    else:
        made = challenges.challenge(client, finding, says=says, role=role, data_dir=data_dir, runs_dir=runs_dir)
    state = f"answered on {made.answered}" if made.answer else "open"
    typer.echo(f"logged {made.challenge_id} beside {made.finding}: {state}, on evidence {made.evidence}")
