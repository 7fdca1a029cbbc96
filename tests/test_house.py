"""The rules of the house, held by short tests over the syntax trees, the notebooks and the files."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

import cxkit

ROOT = Path(cxkit.__file__).resolve().parent.parent
PACKAGE = ROOT / "cxkit"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

FLOORS = [
    {"records", "errors", "formats", "shipped", "quiet"},
    {"tables"},
    {"metrics"},
    set(cxkit.STAGES),
    {"report", "widgets", "charts", "engagement", "simulate"},
    {"batch"},
    {"cli", "cli_options", "cli_pull", "cli_writing"},
]
"""Imports point down only: a module may import from its own floor and from those before it."""
FLOOR = {name: level for level, names in enumerate(FLOORS) for name in names}
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p.name != "__init__.py" or p.parent != PACKAGE)


def imported(path: Path) -> set[str]:
    """Top-level names within cxkit that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"cxkit.{a.name}" for a in node.names] if node.module == "cxkit" else [node.module]
        found |= {name.split(".")[1] for name in names if name.startswith("cxkit.")}
    return {name for name in found if name in FLOOR}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    part = part_of(path)
    for name in imported(path) - {part}:
        assert FLOOR[name] <= FLOOR[part], f"{part} imports {name}, which lies above it"
        if part in cxkit.STAGES:
            assert name not in cxkit.STAGES, f"stage {part} imports stage {name}; take its result as an argument"


def test_every_part_has_a_floor() -> None:
    parts = {part_of(p) for p in PACKAGE.rglob("*.py")} - {"__init__"}
    assert parts == set(FLOOR)


IMPURE = {
    "os",
    "sys",
    "pathlib",
    "shutil",
    "subprocess",
    "logging",
    "time",
    "matplotlib",
    "seaborn",
    "ipywidgets",
    "IPython",
    "random",
}


@pytest.mark.parametrize(
    "path", [p for p in MODULES if part_of(p) in {*cxkit.STAGES, "metrics"}], ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_stages_are_pure(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not {a.name.split(".")[0] for a in node.names} & IMPURE
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.module.split(".")[0] not in IMPURE
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"open", "print", "datetime.now", "date.today", "np.random.seed"}, called


def test_no_drawers_without_a_noun() -> None:
    names = {p.stem for p in PACKAGE.rglob("*")}
    assert not names & {"utils", "util", "helpers", "helper", "misc", "common"}


def test_the_stages_are_the_six_everywhere() -> None:
    names = [f"{n}-{stage}" for n, stage in enumerate(cxkit.STAGES, 1)]
    assert [p.stem for p in NOTEBOOKS] == ["0-start", *names]
    assert sorted(p.stem for p in (ROOT / "playbook").glob("[1-6]-*.md")) == names
    assert all((PACKAGE / stage / "catalogue.py").is_file() for stage in cxkit.STAGES)


def code_lines(cell: dict) -> list[str]:
    lines = "".join(cell["source"]).splitlines()
    return [line for line in lines if line.strip() and not line.strip().startswith("#")]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebooks_are_thin(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert sum("".join(c["source"]).startswith("# ") for c in cells if c["cell_type"] == "markdown") == 1, "one H1"
    for cell in cells:
        assert not cell.get("outputs"), "outputs are never stored"
        assert cell.get("execution_count") is None
        if cell["cell_type"] != "code":
            continue
        assert len(code_lines(cell)) <= 10
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            forbidden = (
                ast.FunctionDef,
                ast.ClassDef,
                ast.For,
                ast.While,
                ast.If,
                ast.IfExp,
                ast.Try,
                ast.Lambda,
                ast.With,
            )
            assert not isinstance(node, forbidden), ast.unparse(node)


@pytest.mark.parametrize("path", NOTEBOOKS[1:], ids=lambda p: p.name)
def test_parameters_are_typed_and_explained(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    kinds = r"(int|float|bool|str|list\[\w+\]|Optional\[(int|float|bool|str)\])"
    for line in "".join(tagged[0]["source"]).splitlines():
        assert re.fullmatch(rf"\w+: {kinds} = .+  # \w.+", line), line


def test_environment_yml_names_what_pyproject_needs() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    given = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    names = {line for line in given if isinstance(line, str)} | {
        x for d in given if isinstance(d, dict) for x in d["pip"]
    }
    needed = set(wanted["dependencies"]) | set(wanted["optional-dependencies"]["test"])
    assert {n for n in names if not n.startswith(("python", "pip", "-e")) or n.startswith("python-calamine")} == needed


def test_locks_carry_hashes_and_no_address() -> None:
    for lock in (ROOT / "requirements.lock", ROOT / "requirements-ci.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index" not in text
        pinned = re.findall(r"^[a-z0-9._-]+==[^\s;]+.*$", text, flags=re.MULTILINE)
        assert len(pinned) > 100
        assert all(line.endswith("\\") for line in pinned), "every pin carries hashes"


def test_every_dependency_is_used() -> None:
    """A dependency that nothing imports is weight; those a tool loads by name are listed with the reason."""
    loaded_by_name = {
        "ipykernel": "the kernel the notebooks run in",
        "jupyterlab": "what `cxkit lab` starts",
        "tzdata": "time zones on Windows",
    }
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    modules = {
        "pyyaml": "yaml",
        "python-calamine": "python_calamine",
        "charset-normalizer": "charset_normalizer",
        "tea-tasting": "tea_tasting",
        "markdown-it-py": "markdown_it",
        "pillow": "PIL",
    }
    source = "\n".join(p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py"))
    for line in wanted:
        name = re.split(r"[>=<]", line)[0]
        module = modules.get(name, name)
        if name not in loaded_by_name:
            assert re.search(rf"^\s*(import|from) {module}\b", source, flags=re.MULTILINE), f"{name} is not imported"


def test_makefile_and_make_py_have_the_same_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):  ##", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    tree = ast.parse((ROOT / "make.py").read_text(encoding="utf-8"))
    functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
    assert targets - {"help"} <= functions
    assert {"demo", "test", "lab", "lint", "lock", "bench", "faults", "clean"} <= targets


def test_tests_of_a_file_stay_with_one_worker(request: pytest.FixtureRequest) -> None:
    """Groups that are no longer kept fail no test: what a file's tests share is then made by every worker."""
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("groups are kept by --dist loadgroup alone, which make test uses")
    assert request.node.nodeid.endswith("@tests/test_house.py")
