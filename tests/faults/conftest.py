"""Counts the cases of the fault matrix, over all processes of pytest, and prints them at the end."""

from collections import Counter
from collections.abc import Callable

import pytest

_PROPERTY = "fault cases"


@pytest.fixture
def count_cases(request: pytest.FixtureRequest) -> Callable[[int, int], None]:
    """Note how many cases the code enumerates and how many were played."""

    def count(enumerated: int, played: int) -> None:
        request.node.user_properties.append((_PROPERTY, (enumerated, played)))

    return count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == _PROPERTY and report.when == "call":
                    counts["enumerated"] += value[0]
                    counts["played"] += value[1]
    if counts:
        terminalreporter.write_line(
            f"fault matrix: {counts['played']} of {counts['enumerated']} cases played"
        )
