"""Look for known vulnerabilities in what psbot depends on (``make audit``); say so where that cannot be done."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

LOCKED = Path(__file__).parent / "runtime.txt"
_SECONDS = 300


def main() -> int:
    """Return 1 where pip-audit finds something, 0 where it finds nothing or cannot look, which is said."""
    if importlib.util.find_spec("pip_audit") is None:
        return _skipped("pip-audit is not installed here")
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--format", "json", "-r", str(LOCKED)]
    try:
        done = subprocess.run(  # noqa: S603  pip-audit, with words of this module
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        found = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return _skipped("the vulnerability data did not come in time")
    except (ValueError, KeyError, TypeError):
        return _skipped((done.stderr.strip().splitlines() or ["pip-audit gave no answer"])[-1])
    unknown = [each for each in found if "skip_reason" in each]
    if len(unknown) == len(found):
        return _skipped(unknown[0]["skip_reason"] if unknown else "pip-audit saw no packages")
    wrong = [
        (each["name"], each["version"], [one["id"] for one in each["vulns"]])
        for each in found
        if each.get("vulns")
    ]
    for each in unknown:
        sys.stdout.write(f"not looked at: {each['name']}: {each['skip_reason']}\n")
    for name, version, ids in wrong:
        sys.stdout.write(f"{name} {version}: {', '.join(ids)}\n")
    looked_at = len(found) - len(unknown)
    sys.stdout.write(f"{looked_at} packages looked at, {len(wrong)} with known vulnerabilities\n")
    return 1 if wrong else 0


def _skipped(why: str) -> int:
    sys.stdout.write(f"skipped: {why}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
