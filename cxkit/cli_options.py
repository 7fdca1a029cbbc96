"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="folder that holds one folder per client")]
RunsDir = Annotated[Path | None, typer.Option("--runs-dir", help="folder that runs are written to")]
ClientName = Annotated[str, typer.Argument(help="name of the client's folder")]
Force = Annotated[bool, typer.Option("--force", help="run clients of whom nothing changed too")]
LogFormat = Annotated[Literal["auto", "plain", "json"], typer.Option("--log-format", help="how progress is shown")]
