"""What ``make audit`` says of pip-audit's answer: what was not looked at is never called free of vulnerabilities."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SCRIPT = ROOT / "requirements" / "audit.py"
CLEAN = {"name": "click", "version": "8.5.1", "vulns": []}
WRONG = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-2019-217"}]}
UNKNOWN = {"name": "idna", "skip_reason": "Dependency not found on PyPI"}


def audited(folder: Path, fake: str) -> tuple[int, str]:
    """Return exit code and output of the script, with a fake pip-audit."""
    (folder / "pip_audit.py").write_text(fake)
    done = subprocess.run(
        [sys.executable, SCRIPT], env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([CLEAN], 0, "1 packages looked at, 0 with known vulnerabilities\n"),
        (
            [CLEAN, WRONG],
            1,
            "jinja2 2.10: PYSEC-2019-217\n2 packages looked at, 1 with known vulnerabilities\n",
        ),
        ([UNKNOWN, UNKNOWN], 0, "skipped: Dependency not found on PyPI\n"),
        ([], 0, "skipped: pip-audit saw no packages\n"),
        (
            [CLEAN, UNKNOWN],
            0,
            "not looked at: idna: Dependency not found on PyPI\n1 packages looked at, 0 with known vulnerabilities\n",
        ),
    ],
)
def test_audit_reports_what_pip_audit_found(
    tmp_path: Path, found: list[object], code: int, said: str
) -> None:
    text = json.dumps({"dependencies": found})
    assert audited(tmp_path, f"print({text!r})") == (code, said)


def test_audit_is_skipped_with_the_reason_when_there_is_no_answer(tmp_path: Path) -> None:
    fake = "import sys; sys.exit('x\\nno host of this name')"
    assert audited(tmp_path, fake) == (0, "skipped: no host of this name\n")
