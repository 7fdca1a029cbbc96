"""The invented client, handed to tests as a function that builds its report input."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from cxkit.report.inputs import ReportInput


def load() -> ModuleType:
    """The sample module, which lies beside this file and in no package."""
    if "cxkit_report_sample" not in sys.modules:
        spec = importlib.util.spec_from_file_location("cxkit_report_sample", Path(__file__).with_name("sample.py"))
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules["cxkit_report_sample"] = module
        spec.loader.exec_module(module)
    return sys.modules["cxkit_report_sample"]


@pytest.fixture
def samples() -> ModuleType:
    """Findings, results and inputs of the invented client."""
    return load()


@pytest.fixture
def sample(samples: ModuleType) -> Callable[..., ReportInput]:
    """Build the invented client's report input; keyword arguments replace its fields."""
    made: Callable[..., ReportInput] = samples.sample
    return made


@pytest.fixture(scope="session")
def pack_html() -> str:
    """A council's pack, built once from the invented client of its own tests."""
    from cxkit.report import pack

    spec = importlib.util.spec_from_file_location("cxkit_pack_sample", Path(__file__).with_name("pack_sample.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["cxkit_pack_sample"] = module
    spec.loader.exec_module(module)
    return pack.build(module.given())
