"""Kernels that start warm: forked from a template that has the libraries imported, and never anything of cxkit.

A cold kernel spends most of its start on imports that are the same for every notebook. The template is the standard
library's fork server with those imports done; a kernel forked from it is a process of its own, finds cxkit's modules on
disk as they are now, and gives the same bytes as a cold one. Where a system cannot fork safely, kernels start cold.

`WarmProvisioner` is an entry point of ``jupyter_client.kernel_provisioners``, so that papermill and nbclient can use it
without the rest: ``JUPYTER_DEFAULT_PROVISIONER_NAME=cxkit-warm papermill in.ipynb out.ipynb``.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.util import Finalize
from pathlib import Path
from queue import Empty
from typing import Any

import psutil
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import DottedObjectName, Type

from cxkit.batch.template import module_path, warm_up
from cxkit.tables.scratch import left_by, prefix

if sys.platform == "linux":
    from cxkit.batch.forked import serve
    from cxkit.batch.template import Process

PROVISIONER = "cxkit-warm"
STARTING = 60.0
"""Seconds a forked kernel has to listen before it is started cold instead."""
LEAVING = 5.0
"""Seconds a kernel whose work is done has to leave."""
WATCH = 0.1
"""Seconds between two looks at the memory of a kernel."""
LONGEST = 90
"""Characters of a socket's path that every system takes."""


class Forked:
    """A forked kernel with the methods of `subprocess.Popen` that Jupyter calls."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: Sequence[str], *, folder: str, environment: Mapping[str, str]) -> None:
        self.ready, listening = multiprocessing.Pipe(duplex=False)
        given = (list(arguments), folder, dict(environment), module_path(), listening)
        self.process = Process(target=serve, args=given, name="cxkit-kernel")
        Finalize(None, _end_all, exitpriority=100)
        self.process.start()
        listening.close()
        assert self.process.pid is not None
        self.pid = self.process.pid
        _living.add(self)

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.exitcode

    def wait(self) -> int | None:
        """Wait for its end."""
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended: it can have, before the template tells of it."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    async def listening(self) -> bool:
        """Wait until it listens; False when it ended before, or did not come to it in time."""
        until = time.monotonic() + STARTING
        while not _said(self.ready):
            if self.poll() is not None or time.monotonic() > until:
                self.ready.close()
                return False
            await asyncio.sleep(0.004)
        self.ready.close()
        return True


_living: weakref.WeakSet[Forked] = weakref.WeakSet()


def _end_all() -> None:
    """End the kernels still there before this process waits for all it forked, as it does when it ends.

    An interruption can come between a start and its first message.
    """
    for one in list(_living):
        one.kill()


def _said(ready: Connection[Any, Any]) -> bool:
    """Whether the byte came."""
    try:
        return ready.poll(0) and bool(ready.recv_bytes())
    except (EOFError, OSError):
        return False


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel by forking the template; cold where that cannot be, or where it is another interpreter's."""

    process: Any = None
    warm = False
    """Whether the kernel was forked."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel of `cmd` and return what connects to it."""
        arguments = _of_this_interpreter(cmd)
        if arguments is None or warm_up():
            return await super().launch_kernel(cmd, **kwargs)
        try:
            forked = Forked(
                arguments,
                folder=str(kwargs.get("cwd") or Path.cwd()),
                environment=kwargs.get("env") or dict(os.environ),
            )
            if not await _listens(forked):
                raise OSError("it did not come to listen")
        except (OSError, EOFError, ValueError) as problem:
            self.log.warning("A kernel could not be forked (%s); it starts cold.", problem)
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.warm = forked, True
        self.pid = self.pgid = forked.pid
        self.cwd = kwargs.get("cwd", Path.cwd())
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the kernel's end, seen within a hundredth of a second."""
        while self.process and await self.poll() is None:
            await asyncio.sleep(0.01)
        return await super().wait()


async def _listens(forked: Forked) -> bool:
    """Wait for a forked kernel; one that does not come to listen, or that nobody waits for any more, is ended."""
    listens = False
    try:
        listens = await forked.listening()
    finally:
        if not listens:
            forked.kill()
    return listens


def _of_this_interpreter(cmd: Sequence[str]) -> list[str] | None:
    """The arguments of IPython's kernel in a command that starts it with this interpreter; None for another command."""
    if "ipykernel_launcher" not in cmd or Path(cmd[0]).absolute() != Path(sys.executable).absolute():
        return None
    return list(cmd[cmd.index("ipykernel_launcher") + 1 :])


class Client(AsyncKernelClient):
    """A client that is ready when the kernel has answered and fallen idle, without a fixed wait."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers, as nbclient asks before the first cell.

        Raises `RuntimeError` when it does not, or died.
        """
        until = time.monotonic() + (timeout or STARTING)
        asked = self.kernel_info()
        reply, idle = None, False
        while not (reply and idle):
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > until:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")
            try:
                if reply is None:
                    message = await self.get_shell_msg(timeout=1)
                    reply = message if message["parent_header"].get("msg_id") == asked else None
                message = await self.get_iopub_msg(timeout=0.2)
                mine = message["parent_header"].get("msg_id") == asked
                idle = mine and message["content"].get("execution_state") == "idle"
            except Empty:
                if reply is not None:  # what it said was said before we listened: ask again
                    asked, reply = self.kernel_info(), None
        self._handle_kernel_info_reply(reply)


class Manager(AsyncKernelManager):
    """Starts kernels through `WarmProvisioner` and talks to them over sockets that only this user can open.

    `cold` starts them without the template; one that holds more than `ceiling` bytes is ended (0: any number). A kernel
    whose work is done leaves while the next one starts.
    """

    client_class = DottedObjectName("cxkit.batch.kernels.Client")
    client_factory = Type(klass=Client)

    def __init__(self, *, cold: bool = False, ceiling: int = 0, **given: Any) -> None:
        super().__init__(**given)
        self.cold, self.ceiling = cold, ceiling
        self.over = 0
        """Bytes the kernel held when it was ended for them."""
        self.started = ""
        """How it was started: warm or cold."""
        self.leaving = False
        self.pid: int | None = None
        self.place = Path(tempfile.mkdtemp(prefix=prefix()))
        Finalize(self, shutil.rmtree, (self.place, True), exitpriority=50)
        self.connection_file = str(self.place / "k.json")
        if os.name == "posix" and len(str(self.place)) < LONGEST:
            self.transport, self.ip = "ipc", str(self.place / "k")

    @property
    def kernel_spec(self) -> Any:
        """The kernel's description, with the way it is started."""
        spec = super().kernel_spec
        if spec is not None and not self.cold:
            spec.metadata["kernel_provisioner"] = {"provisioner_name": PROVISIONER}
        return spec

    async def _async_post_start_kernel(self, **given: Any) -> None:
        await super()._async_post_start_kernel(**given)
        self.started = "warm" if getattr(self.provisioner, "warm", False) else "cold"
        self.pid = getattr(self.provisioner, "pid", None)
        if self.ceiling and self.pid is not None:
            threading.Thread(target=self._watch, args=(self.pid,), daemon=True).start()

    def _watch(self, pid: int) -> None:
        """End the kernel and what it started when together they hold more than the ceiling."""
        try:
            kernel = psutil.Process(pid)
            while kernel.is_running():
                held = [kernel, *kernel.children(recursive=True)]
                used = sum(one.memory_info().rss for one in held)
                if used > self.ceiling:
                    self.over = used
                    for one in reversed(held):
                        one.kill()
                time.sleep(WATCH)
        except psutil.Error:
            return

    async def _async_wait(self, pollinterval: float = 0.01) -> None:
        await super()._async_wait(pollinterval=min(pollinterval, 0.01))

    async def _async_shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        """End the kernel: at once, or asked to, and seen to while the caller goes on."""
        provisioner: Any = self.provisioner
        process = getattr(provisioner, "process", None)
        if now or restart or process is None:
            await super()._async_shutdown_kernel(now=now, restart=restart)
            return
        await self._async_request_shutdown()
        threading.Thread(target=_see_off, args=(process, self.place), name="cxkit-leaving").start()
        provisioner.process, self.leaving = None, True

    shutdown_kernel = _async_shutdown_kernel

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart=restart)
        if not restart and not self.leaving:
            shutil.rmtree(self.place, ignore_errors=True)
            if self.pid is not None:  # it was ended, or died, before it could tidy up
                left_by(self.pid)

    cleanup_resources = _async_cleanup_resources


def _see_off(process: Any, place: Path) -> None:
    """Wait for a kernel that was asked to leave, end it where it does not, and remove its sockets."""
    until = time.monotonic() + LEAVING
    while process.poll() is None:
        if time.monotonic() > until:
            process.kill()
        time.sleep(0.01)
    process.wait()
    left_by(process.pid)
    shutil.rmtree(place, ignore_errors=True)
