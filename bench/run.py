"""``make bench``: run the measurements, print them, and write bench/RESULTS.md.

Give titles of sections as arguments to measure only these.
"""

import os
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import gitlab_speed
import moving_on
import quiet
import startup

RESULTS = Path(__file__).parent / "RESULTS.md"
SECTIONS = {
    "Start-up": startup.table,
    "Applying an engagement": gitlab_speed.first_apply,
    "A portfolio": gitlab_speed.portfolio,
    "Advancing a portfolio": moving_on.table,
    "Finding stale items": quiet.table,
}


def main() -> None:
    """Run the sections that were asked for, or all."""
    wanted = sys.argv[1:] or list(SECTIONS)
    today = datetime.now(UTC).date()
    machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors"
    parts = [
        f"# Measurements\n\nMeasured by `make bench` on {today}, {machine}. The ratios matter, not the seconds.\n"
    ]
    before = _written()
    for title, table in SECTIONS.items():
        if title not in wanted and title not in before:
            continue  # never measured here
        body = table().rstrip("\n") if title in wanted else before[title]
        parts.append(f"## {title}\n\n{body}\n")
        print(parts[-1])
    RESULTS.write_text("\n".join(parts))


def _written() -> dict[str, str]:
    if not RESULTS.exists():
        return {}
    found = re.findall(r"^## (.+?)\n\n(.*?)\s*(?=^## |\Z)", RESULTS.read_text(), re.MULTILINE | re.DOTALL)
    return dict(found)


if __name__ == "__main__":
    main()
