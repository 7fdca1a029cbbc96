"""The command that fetches tables from a client's own database."""

from __future__ import annotations

from typing import Annotated

import typer

from cxkit.cli_options import ClientName, DataDir


def pull(
    client: ClientName,
    fresh: Annotated[bool, typer.Option("--fresh", help="forget what an interrupted pull had finished")] = False,
    data_dir: DataDir = None,
) -> None:
    """Fetch tables of the client's own database into its tables folder and say what changed."""
    from cxkit.engagement import pulling

    for one in pulling.pull(client, data_dir=data_dir, fresh=fresh, say=lambda text: typer.echo(text, err=True)):
        typer.echo(one.text())
