"""``make bench``: run the measurements, print them, and write bench/RESULTS.md."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import gitlab_speed
import startup

RESULTS = Path(__file__).parent / "RESULTS.md"
SECTIONS = {
    "Start-up": startup.table,
    "Applying an engagement": gitlab_speed.first_apply,
    "A portfolio": gitlab_speed.portfolio,
}


def main() -> None:
    """Run every section."""
    today = datetime.now(UTC).date()
    machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors"
    parts = [f"# Measurements\n\nMade by `make bench` on {today}, {machine}. Ratios are what counts.\n"]
    for title, table in SECTIONS.items():
        parts.append(f"## {title}\n\n{table()}\n")
        print(parts[-1])
    RESULTS.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
