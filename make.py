"""Everything a newcomer needs, in plain Python: create the environment, run the demo, run the tests.

Linux and macOS users call it through `make`; on Windows it is `python make.py demo` and `python make.py test`.
It uses the standard library alone, because nothing else is installed yet when it runs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("CXKIT_VENV") or ROOT / ".venv")
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCKS = {"base": ROOT / "requirements.lock", "ci": ROOT / "requirements-ci.lock"}
PROGRAMS = ("browser", "model", "spark", "cluster", "warehouse")
"""Extras that continuous integration installs too."""


def environment() -> dict[str, str]:
    """The environment of every child: bytecode is written, because imports are three times slower without it."""
    child = {k: v for k, v in os.environ.items() if k not in {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV"}}
    child["PATH"] = f"{BIN}{os.pathsep}{child.get('PATH', '')}"
    child.setdefault("MPLBACKEND", "agg")
    return child


def call(*command: str | Path) -> None:
    """Run a command in the project folder; stop with its exit code when it fails."""
    code = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment(), check=False).returncode
    if code:
        sys.exit(code)


def fingerprint(lock: Path) -> str:
    """What the environment was made from: the lock and the project's own description."""
    parts = lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + sys.version.encode()
    return hashlib.sha256(parts).hexdigest()


def install(kind: str = "base") -> None:
    """Create the environment from the hashed lock, unless it is already the one the lock describes."""
    lock, stamp = LOCKS[kind], VENV / f".made-from-{kind}"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == fingerprint(lock):
        return
    if sys.version_info < (3, 11):  # noqa: UP036  this file must speak on an older Python too
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Install it and call this again.")
    print(f"Creating the environment from {lock.name} (once; a few minutes on a slow line) …", flush=True)
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True)
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    call(*pip, "--require-hashes", "-r", lock)
    call(*pip, "--no-deps", "--no-build-isolation", "--editable", ".")
    stamp.write_text(fingerprint(lock))


def demo(_: list[str]) -> None:
    """Run every sample client and print where the reports are."""
    install()
    call(PYTHON, "-m", "cxkit.cli", "demo")


def test(rest: list[str]) -> None:
    """Run the tests; what needs a browser says why it is skipped where there is none."""
    install()
    chosen = rest if "-m" in rest else ["-m", "not coverage and not heavy", *rest]
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # two workers that both use all cores wait for each other
        os.environ.setdefault(name, "1")
    call(PYTHON, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder", *chosen)


def lab(rest: list[str]) -> None:
    """Open JupyterLab on the start page."""
    install()
    call(PYTHON, "-m", "cxkit.cli", "lab", *rest)


def lint(_: list[str]) -> None:
    """Check style and types."""
    install()
    call(PYTHON, "-m", "ruff", "check", ".")
    call(PYTHON, "-m", "ruff", "format", "--check", ".")
    call(PYTHON, "-m", "mypy")


def lock(_: list[str]) -> None:
    """Write both lock files anew: hashes, every platform, no address."""
    install()
    for kind, extras in (("base", ["test"]), ("ci", ["test", *PROGRAMS])):
        options = [
            "--universal",
            "--generate-hashes",
            "--python-version",
            "3.11",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--no-header",
        ]
        options += [f"--extra={extra}" for extra in extras]
        call(PYTHON, "-m", "uv", "pip", "compile", "-q", *options, "pyproject.toml", "build.in", "-o", LOCKS[kind])


def pages(_: list[str]) -> None:
    """Write the generated pages of the playbook anew."""
    install()
    call(PYTHON, "-m", "cxkit.cli", "pages")


def pictures(rest: list[str]) -> None:
    """Make the pictures of the README and the stage guides anew: all, or those named."""
    install("ci")
    call(PYTHON, "-m", "cxkit.cli", "demo")
    call(PYTHON, ROOT / "docs" / "pictures.py", *rest)


def bench(rest: list[str]) -> None:
    """Measure: all benchmarks, or those named."""
    install()
    names = rest or sorted(p.stem for p in (ROOT / "benchmarks").glob("[a-z]*.py"))
    for name in names:
        call(PYTHON, ROOT / "benchmarks" / f"{name}.py")
    call(PYTHON, ROOT / "benchmarks" / "_readme.py")


def faults(rest: list[str]) -> None:
    """Run the broken inputs alone, then two hundred kills at random moments (CXKIT_KILLS says how many)."""
    install()
    os.environ.setdefault("CXKIT_KILLS", "200")
    call(PYTHON, "-m", "pytest", "-s", "tests/faults", *rest)


def clean(_: list[str]) -> None:
    """Remove what can be made again: the environment, runs and caches; never a client's folder."""
    for path in [
        VENV,
        ROOT / "runs",
        *ROOT.glob(".*_cache"),
        *(p for p in ROOT.rglob("__pycache__") if VENV not in p.parents),
    ]:
        shutil.rmtree(path, ignore_errors=True)


TASKS = {f.__name__: f for f in (demo, test, lab, lint, lock, pages, pictures, bench, faults, clean)}


def main() -> None:
    """Run the named task with what follows it."""
    text = "\n".join(f"  {name:8} {task.__doc__.splitlines()[0]}" for name, task in TASKS.items())
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog=f"tasks:\n{text}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("task", choices=[*TASKS, "install", "install-ci"])
    known, rest = parser.parse_known_args()
    if known.task.startswith("install"):
        install("ci" if known.task.endswith("ci") else "base")
    else:
        TASKS[known.task](rest)


if __name__ == "__main__":
    main()
