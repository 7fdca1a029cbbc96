"""What the last run left for a client, opened from JupyterLab: read when it is asked for, so never an older copy.

A page is confined to an origin of its own, as the server does with every HTML file: its script runs, and reaches
neither the server nor a kernel. PDF and workbook are not confined, since a browser shows no confined PDF.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from cxkit.engagement import evidence, places
from cxkit.engagement.laboratory import OPENED, REPORTS

CONFINED = "sandbox allow-scripts allow-downloads allow-modals allow-popups allow-popups-to-escape-sandbox"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Handed(JupyterHandler):
    """Answers ``report/<client>/<file>`` with a file of the client's last published run."""

    confined = False
    """Whether what is sent is a page, which gets an origin of its own."""

    def initialize(self, data: Path) -> None:
        """Know where the clients are."""
        self.data = data

    @property
    def content_security_policy(self) -> str:
        """The server's policy; for a page an origin of its own."""
        policy = str(super().content_security_policy)
        return f"{policy}; {CONFINED}" if self.confined else policy

    @web.authenticated
    def get(self, client: str, name: str) -> None:
        """Send the file; 404 for a client, a run or a file that is not there."""
        run = folder(self.data, client)
        path = run / name if run is not None and name in OPENED else None
        if path is None or not path.is_file():
            raise web.HTTPError(404, "The last run left no such file. Build the report, then open it again.")
        self.confined = path.suffix == ".html"
        kind = SHEET if path.suffix == ".xlsx" else mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.set_header("Content-Type", f"{kind}; charset=UTF-8" if self.confined else kind)
        self.set_header("Content-Security-Policy", self.content_security_policy)
        self.set_header("Cache-Control", "no-store")
        if not self.confined:
            self.set_header("Content-Disposition", f'inline; filename="{client}-{run.name if run else ""}-{name}"')
        self.finish(path.read_bytes())


def folder(data: Path, client: str) -> Path | None:
    """The last published run of one of the clients below `data`; None when there is no such client or run."""
    if client not in places.clients(data):
        return None
    found = evidence.latest(client, places.runs_folder(data=data))
    return found.results.parent if found else None


def route(base: str, data: Path) -> tuple[str, type[Handed], dict[str, Path]]:
    """What the server has to know: pattern, handler and where the clients are."""
    return rf"{base}{REPORTS}/([^/]+)/([^/]+)", Handed, {"data": data}
