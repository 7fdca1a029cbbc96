"""The command's imports are quick, and leave nothing behind but what they imported."""

from __future__ import annotations

import subprocess
import sys

ASKED = """
import gc, sys
from cxkit.batch.importing import UNUSED, quickly
with quickly():
    assert not gc.isenabled()
    import cxkit.batch.command
assert gc.isenabled()
print([name for name in UNUSED if name in sys.modules], "jsonschema" in sys.modules)
import rfc3987_syntax
"""


def test_what_no_notebook_needs_is_not_imported_with_the_batch_and_can_be_afterwards() -> None:
    told = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=False)
    assert told.stdout == "[] True\n", told.stderr
    assert told.returncode == 0, told.stderr
