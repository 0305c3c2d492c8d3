"""What the harness has to play: every row that the code enumerates, and how many cases it has."""

from collections.abc import Iterator
from itertools import product

from psbot.sandbox.faults.faults import FaultTiming
from tests.resilience.histories import NAMES, STALE, history
from tests.resilience.patterns import PATTERNS, cases

MATRIX = tuple(product((*NAMES, STALE), PATTERNS))
KILLS = tuple(product((*NAMES, STALE), FaultTiming))


def row(table: str, *names: object) -> str:
    """Return the name of a row: its table, and what it is about."""
    return f"{table}: {', '.join(map(str, names))}"


def enumerated() -> dict[str, int]:
    """Return the number of cases of every row by its name."""
    return dict(_rows())


def _rows() -> Iterator[tuple[str, int]]:
    for name, pattern in MATRIX:
        yield row("faults", name, pattern), len(cases(pattern, history(name).requests))
    for name, when in KILLS:
        yield row("kills", name, when), len(history(name).requests)
