"""Warm kernels: forked from a template of libraries, otherwise as cold ones; they end with whoever started them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
import pytest

import cxkit
from cxkit.batch import kernels, template
from cxkit.batch.engine import Outcome, run_notebook
from cxkit.tables.scratch import sweep

pytestmark = [
    pytest.mark.run,
    pytest.mark.skipif(bool(template.why_cold()), reason=f"no warm kernels here: {template.why_cold()}"),
]

ABOUT = """
import json, os, sys
print(json.dumps({"path": sys.path, "argv": sys.argv[:1], "folder": os.getcwd(), "group": os.getpgid(0) == os.getpid(),
    "environment": sorted(set(os.environ) - {"JPY_PARENT_PID"}), "executable": sys.executable}))
"""
FIGURE = """
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(2, 1))
_ = axes.plot([1, 3, 2])
"""


def book(path: Path, *sources: str) -> Path:
    made = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        cells=[nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources)],
    )
    nbformat.write(made, path)
    return path


def said(path: Path) -> list[str]:
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    return ["".join(o.get("text", "") for o in cell.outputs) for cell in cells]


def ran(tmp_path: Path, *sources: str, cold: bool = False, name: str = "out", ceiling: int = 0) -> Outcome:
    source = book(tmp_path / "in.ipynb", *sources)
    return run_notebook(source, tmp_path / f"{name}.ipynb", {}, seconds=60, place=tmp_path, cold=cold, ceiling=ceiling)


def test_warm_kernel_is_a_cold_one_that_started_sooner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)
    ends = [ran(tmp_path, ABOUT, FIGURE, cold=cold, name=f"{cold}") for cold in (False, True)]
    assert [one.kernel for one in ends] == ["warm", "cold"]
    assert all(one.done for one in ends)
    warm, cold = (nbformat.read(tmp_path / f"{way}.ipynb", as_version=4) for way in (False, True))
    assert json.loads(warm.cells[0].outputs[0].text) == json.loads(cold.cells[0].outputs[0].text)
    assert [c.outputs for c in warm.cells] == [c.outputs for c in cold.cells]
    assert "image/png" in warm.cells[1].outputs[0].data


ALONE = """
import pathlib, sys
from cxkit.batch.engine import run_notebook
home = pathlib.Path(sys.argv[1])
assert run_notebook(home / "in.ipynb", home / "out.ipynb", {}, seconds=60).kernel == "warm"
"""


def test_template_of_whoever_asks_has_every_library_and_nothing_of_cxkit(tmp_path: Path) -> None:
    """The fork server passes over what it cannot import without a word."""
    asked = f"import sys\nprint([m for m in {template.PRELOAD!r} if m not in sys.modules])"
    ours = "import sys\nprint(sorted(m for m in sys.modules if m.split('.')[0] == 'cxkit'))"
    book(tmp_path / "in.ipynb", asked, ours)
    subprocess.run([sys.executable, "-c", ALONE, str(tmp_path)], check=True)
    forking = [
        "cxkit",
        "cxkit.batch",
        "cxkit.batch.forked",
        "cxkit.batch.template",
        "cxkit.tables",
        "cxkit.tables.scratch",
    ]
    assert said(tmp_path / "out.ipynb") == ["[]\n", f"{forking}\n"]


EDITED = """
import pathlib, sys
import cxkit
from cxkit.batch import template
template.begin(1)
from cxkit.batch.engine import run_notebook
home, package = pathlib.Path(sys.argv[1]), pathlib.Path(cxkit.__file__).parent
assert package.parent == home, package

def tell(name):
    ended = run_notebook(home / "in.ipynb", home / f"{name}.ipynb", {}, seconds=60)
    assert (ended.done, ended.kernel) == (True, "warm"), ended

tell("before")
code = package / "align" / "__init__.py"
code.write_text(code.read_text() + "EDITED = True\\n")
tell("edited")
"""


def copied(tmp_path: Path) -> dict[str, str]:
    """The workbook in a folder of its own, and the environment that finds it there."""
    shutil.copytree(Path(cxkit.__file__).parent, tmp_path / "cxkit", ignore=shutil.ignore_patterns("__pycache__"))
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def test_template_of_a_command_has_the_workbook_until_a_file_of_it_is_edited(tmp_path: Path) -> None:
    loaded = "import sys\nprint('cxkit.align' in sys.modules, 'cxkit.charts.quantify' in sys.modules)"
    told = "from cxkit import align\nprint(getattr(align, 'EDITED', False), align.__file__)"
    book(tmp_path / "in.ipynb", loaded, told)
    environment = copied(tmp_path)
    subprocess.run([sys.executable, "-c", EDITED, str(tmp_path)], env=environment, cwd=tmp_path, check=True)
    code = tmp_path / "cxkit" / "align" / "__init__.py"
    assert said(tmp_path / "before.ipynb") == ["True True\n", f"False {code}\n"]
    assert said(tmp_path / "edited.ipynb") == ["False False\n", f"True {code}\n"]


def test_workbook_that_cannot_be_imported_is_told_of_by_the_notebook_that_needs_it(tmp_path: Path) -> None:
    book(tmp_path / "in.ipynb", "import sys\nprint('splink' in sys.modules)\nfrom cxkit import align")
    environment = copied(tmp_path)
    code = tmp_path / "cxkit" / "align" / "signs.py"
    code.write_text("this is no Python\n")
    script = (
        EDITED.partition("def tell")[0] + "print(run_notebook(home / 'in.ipynb', home / 'o.ipynb', {}, seconds=60))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env=environment,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "SyntaxError" in ran.stdout
    assert "kernel='warm'" in ran.stdout
    assert said(tmp_path / "o.ipynb") == ["True\n"]


def test_two_warm_kernels_draw_different_numbers(tmp_path: Path) -> None:
    draw = "import numpy, random\nprint(numpy.random.rand(), random.random())"
    drawn = []
    for _ in range(2):
        ran(tmp_path, draw)
        drawn.append(said(tmp_path / "out.ipynb")[0].split())
    assert drawn[0][0] != drawn[1][0]
    assert drawn[0][1] != drawn[1][1]


def test_warm_kernel_runs_what_a_notebook_leaves_for_its_end(tmp_path: Path) -> None:
    left = "import atexit, pathlib\n_ = atexit.register(pathlib.Path('left.txt').write_text, 'left')"
    assert ran(tmp_path, left).done
    until = time.monotonic() + 10
    while not (tmp_path / "left.txt").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert (tmp_path / "left.txt").read_text() == "left"


def test_dead_kernel_is_started_once_more_and_cold(tmp_path: Path) -> None:
    once = "import pathlib, os\np = pathlib.Path('died')\nif not p.exists():\n    p.touch()\n    os._exit(9)\nprint(2)"
    ended = ran(tmp_path, once)
    assert (ended.done, ended.retried, ended.kernel) == (True, True, "cold")
    assert said(tmp_path / "out.ipynb") == ["2\n"]


def test_nothing_is_left_of_a_kernel_that_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    made = "import os, signal\nfrom cxkit.tables.scratch import private\nprint(private())"
    outcome = ran(tmp_path, made, "os.kill(os.getpid(), signal.SIGKILL)")
    assert outcome.retried
    assert not outcome.done
    assert not list((tmp_path / "t").glob("cxkit-*"))


def test_kernel_that_has_just_ended_can_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The template waits for its kernels, and tells of an end a moment after the process is gone."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    kernel = object.__new__(kernels.Forked)
    kernel.pid = gone.pid
    monkeypatch.setattr(kernels.Forked, "poll", lambda self: None)
    kernel.kill()
    kernel.terminate()


def test_kernel_over_its_ceiling_is_ended_and_said_so(tmp_path: Path) -> None:
    ended = ran(
        tmp_path, "1", "held = [bytearray(2**20) for _ in range(4000)]\nimport time\ntime.sleep(30)", ceiling=2**30
    )
    assert "MemoryCeiling" in ended.error
    assert "ceiling of 1,024 MB (see --max-memory)" in ended.error
    assert not ended.retried
    assert ended.seconds < 25


def test_cells_are_recorded_as_they_ended(tmp_path: Path) -> None:
    assert ran(tmp_path, "1", "1 / 0", "3").cells == {"completed": 1, "failed": 1, "pending": 1}
    source = book(tmp_path / "in.ipynb", "1", "import time; time.sleep(60)", "3", "4")
    ended = run_notebook(source, tmp_path / "out.ipynb", {}, seconds=2, limit="see --client-timeout")
    assert ended.cells == {"completed": 1, "failed": 1, "pending": 2}
    assert "see --client-timeout" in ended.error


def test_kernel_that_a_library_holds_is_ended_at_the_deadline(tmp_path: Path) -> None:
    held = "import ctypes, os\nprint(os.getpid(), flush=True)"
    source = book(tmp_path / "in.ipynb", held, "ctypes.PyDLL(None).sleep(600)")
    ended = run_notebook(source, tmp_path / "out.ipynb", {}, seconds=2)
    assert "deadline" in ended.error
    assert gone(int(said(tmp_path / "out.ipynb")[0]))


RUNNER = """
import sys
from pathlib import Path
from cxkit.batch.engine import run_notebook
if __name__ == "__main__":
    run_notebook(Path("in.ipynb"), Path("out.ipynb"), {}, seconds=600, place=Path.cwd())
"""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A runner whose kernel is held by a C library, and that kernel's process."""
    held = "import ctypes, os, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\nctypes.PyDLL(None).sleep(600)"
    book(tmp_path / "in.ipynb", held)
    (tmp_path / "runner.py").write_text(RUNNER)
    process = subprocess.Popen([sys.executable, "runner.py"], cwd=tmp_path)
    until = time.monotonic() + 60
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    kernel = int((tmp_path / "pid").read_text())
    yield process, kernel
    process.kill()
    process.wait()


def gone(pid: int, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


WORKERS = """
import pathlib, sys, time
from cxkit.batch import template
from cxkit.batch.engine import run_notebook

def work(home, name):
    template.join_template()
    run_notebook(home / "in.ipynb", home / f"{name}.ipynb", {}, seconds=600, told={"SAID": str(home / f"{name}.txt")})

if __name__ == "__main__":
    template.begin(2)
    sys.path.insert(0, sys.argv[1])
    import workers
    both = [template.beside(workers.work, pathlib.Path(sys.argv[1]), name, name=name) for name in ("one", "two")]
    for one in both:
        one.start()
    print(*(one.pid for one in both), flush=True)
    time.sleep(600)
"""


def test_kernel_that_a_library_holds_ends_with_its_killed_worker_and_no_other_does(tmp_path: Path) -> None:
    """Both workers' kernels are forked from the one template of their runner."""
    (tmp_path / "workers.py").write_text(WORKERS)
    said = "import ctypes, os, pathlib\n_ = pathlib.Path(os.environ['SAID']).write_text(str(os.getpid()))\n"
    book(tmp_path / "in.ipynb", said + "ctypes.PyDLL(None).sleep(600)")
    told = [sys.executable, str(tmp_path / "workers.py"), str(tmp_path)]
    with subprocess.Popen(told, stdout=subprocess.PIPE, text=True) as runner:
        try:
            assert runner.stdout is not None
            workers = [int(pid) for pid in runner.stdout.readline().split()]
            texts = [tmp_path / f"{name}.txt" for name in ("one", "two")]
            until = time.monotonic() + 60
            while not all(t.is_file() and t.read_text() for t in texts) and time.monotonic() < until:
                time.sleep(0.05)
            kernels_ = [int(t.read_text()) for t in texts]
            assert len({psutil.Process(kernel).ppid() for kernel in kernels_}) == 1
            os.kill(workers[0], signal.SIGKILL)
            assert gone(kernels_[0])
            time.sleep(0.5)
            assert psutil.pid_exists(kernels_[1])
            os.kill(workers[1], signal.SIGTERM)
            assert gone(kernels_[1])
        finally:
            runner.kill()


def test_kernel_that_a_library_holds_ends_with_its_killed_runner(runner: tuple["subprocess.Popen[bytes]", int]) -> None:
    process, kernel = runner
    template = psutil.Process(kernel).ppid()
    assert template != process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert gone(kernel)
    assert gone(template)
    sweep()
    assert not list(Path(tempfile.gettempdir()).glob(f"cxkit-{process.pid}-*"))


def test_sockets_are_for_this_user_alone_and_gone_afterwards(tmp_path: Path) -> None:
    look = "import sys, pathlib\nat = pathlib.Path(sys.argv[2]).parent\nprint(at, oct(at.stat().st_mode & 0o777))"
    assert ran(tmp_path, look).done
    place, mode = said(tmp_path / "out.ipynb")[0].split()
    assert mode == "0o700"
    until = time.monotonic() + 10
    while Path(place).exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(place).exists()


def test_plain_papermill_can_ask_for_warm_kernels(tmp_path: Path) -> None:
    """By the name of the entry point, without anything else of ours."""
    book(tmp_path / "in.ipynb", "import sys\nprint('splink' in sys.modules)")
    told = {**os.environ, "JUPYTER_DEFAULT_PROVISIONER_NAME": kernels.PROVISIONER}
    subprocess.run([sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb"], cwd=tmp_path, env=told, check=True)
    assert said(tmp_path / "out.ipynb") == ["True\n"]


ELSEWHERE = """
import sys
import multiprocessing.context as context
import cxkit.batch.run, jupyter_client.asynchronous, jupyter_client.provisioning
for name in [n for n in vars(context) if n.startswith("Fork")]:
    delattr(context, name)
for name in [n for n in sys.modules if n.startswith("cxkit.batch") or n == "multiprocessing.forkserver"]:
    del sys.modules[name]
sys.platform = "win32"
import cxkit.batch.command
from cxkit.batch import template
print(template.warm_up(), template.beside(print, name="x")._start_method)
template.join_template()
"""


def test_batch_can_be_imported_where_nothing_forks() -> None:
    told = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, check=False)
    assert told.stdout == "forking a process that has libraries loaded is not safe on win32 spawn\n", told.stderr
