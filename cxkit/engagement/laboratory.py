"""JupyterLab for a consultant: copies of the notebooks in the client's folder, opened on the start page.

The server listens on this machine alone, asks for a token and fetches nothing: no news, no look for updates, no
extension catalogue. It runs inside this process, so that one Ctrl+C ends it and its kernels together.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cxkit.engagement import places
from cxkit.engagement.client import read_client
from cxkit.engagement.notebooks import FOLDER, copy_notebooks

START = "0-start.ipynb"
HERE = "127.0.0.1"
OPTIONS = {
    "ServerApp.ip": HERE,
    "ServerApp.answer_yes": "True",  # one Ctrl+C is enough
    # the address is said by us; the rest, such as the trace of a closed tab, has no place on the consultant's terminal
    "ServerApp.log_level": "CRITICAL",
    "LabApp.log_level": "CRITICAL",
    "LabApp.news_url": "None",
    "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    "LabApp.extension_manager": "readonly",
}
OPENED = {
    "report.html": "Report",
    "report.pdf": "Report as PDF",
    "evidence.xlsx": "Evidence as a workbook",
    "council.html": "Council's page",
    "playbook.html": "Playbook",
}
"""What a run leaves beside its notebooks, and what it is called."""
REPORTS, ADDRESS = "report", "CXKIT_REPORTS"
"""Where the server answers with these files, and the variable that tells its kernels so."""
SILENT = ("@jupyterlab/apputils-extension:announcements", "@jupyterlab/extensionmanager-extension:plugin")
"""Parts of JupyterLab's page that are left out: they ask whether to fetch news and offer to install things."""


def open_lab(client: str, *, data_dir: Path | None, say: Callable[[str], None], browser: bool = True) -> int:
    """Start JupyterLab on a client's notebooks, say its address and serve until it is stopped; return its exit code.

    Without a `client` it is the one of `places.current_client`. With ``browser=False`` no browser is opened. Raises
    `InputError` when there is no such client.
    """
    data = places.data_folder(data_dir)
    name = client or places.current_client(data)
    folder = places.client_folder(name, data)
    read_client(folder)
    for line in copy_notebooks(folder):
        say(line)
    others = [other for other in places.clients(data) if other != name]
    if not client and others:
        say(f"Opening {name}. For another client: cxkit lab {' | '.join(others)}")
    os.environ.update({"CXKIT_DATA": str(data), "CXKIT_CLIENT": name, "PYDEVD_DISABLE_FILE_VALIDATION": "1"})
    return _serve(folder / FOLDER, data, say, browser=browser)


def _serve(place: Path, data: Path, say: Callable[[str], None], *, browser: bool) -> int:
    """Serve one folder; the token is made here and stands in no other process's arguments."""
    import zmq  # noqa: PLC0415  as below
    from jupyterlab.labapp import LabApp  # noqa: PLC0415  a second of imports that no other command needs

    from cxkit.engagement.handing import route  # noqa: PLC0415  as above

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    token = secrets.token_hex(24)
    options = OPTIONS | {"ServerApp.root_dir": str(place), "IdentityProvider.token": token}
    options |= {"ServerApp.open_browser": str(browser), "ServerApp.allow_root": str(_superuser())}
    options["KernelManager.transport_encryption"] = "auto" if zmq.has("curve") else "disabled"
    server = LabApp.initialize_server([*(f"--{key}={value}" for key, value in options.items()), str(place / START)])
    server.web_app.settings["page_config_hook"] = _quieter
    base = str(server.web_app.settings["base_url"])
    server.web_app.add_handlers(".*$", [route(base, data)])
    os.environ[ADDRESS] = f"{base}{REPORTS}"
    address = f"http://{HERE}:{server.port}/lab/tree/{START}?token={token}"
    # queued behind the server's own binding, so that it answers when the address is read
    server.io_loop.add_callback(say, f"JupyterLab is at {address}\nStop it with Ctrl+C.")
    server.start()
    return 0


def _quieter(_: object, page: dict[str, Any]) -> dict[str, Any]:
    """JupyterLab's page settings without the `SILENT` parts."""
    return page | {"disabledExtensions": [*page.get("disabledExtensions", []), *SILENT]}


def _superuser() -> bool:
    """Whether this is the superuser, who in a container is often the only user there is."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
