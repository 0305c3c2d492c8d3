"""The cases that the harness has to play: every row that the code enumerates, and which of its cases a run plays."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product

from psbot.sandbox.faults.faults import When
from tests.resilience.histories import NAMES, STALE, history
from tests.resilience.patterns import PATTERNS, Case, cases, kind_of
from tests.support.sample import COMPLETE, Sample

MATRIX = tuple(product((*NAMES, STALE), PATTERNS))
KILLS = tuple(product((*NAMES, STALE), When))
EVERY = 5  # a sample has one of so many cases of each kind of fault

Row = tuple[str, str]


def row(table: str, *names: object) -> str:
    """Return the name of a row: its table, and what it is about."""
    return f"{table}: {', '.join(map(str, names))}"


def enumerated(sample: Sample = COMPLETE) -> dict[str, int]:
    """Return the number of cases that a run has to play of every row, by the name of the row."""
    faults = {row("faults", *each): len(chosen) for each, chosen in sampled(sample).items()}
    kills = {row("kills", name, when): len(history(name).requests) for name, when in KILLS}
    return faults | kills


@cache
def sampled(sample: Sample) -> Mapping[Row, list[Case]]:
    """Return the cases that *sample* has of every row of the matrix.

    Every row has a case, and so has every operation with every kind of fault that it can have.
    """
    every = {pattern: EVERY * number for pattern, number in _patterns_alike().items()}
    chosen = {
        (name, pattern): sample.of(cases(pattern, history(name).requests), every[pattern], number)
        for number, (name, pattern) in enumerate(MATRIX)
    }
    covered = {_covers(each, case) for each, played in chosen.items() for case in played}
    for what, able in _cases_by_what_they_cover().items():
        if what not in covered:
            each, case = able[sample.seed % len(able)]
            chosen[each].append(case)
    return chosen


def _patterns_alike() -> dict[str, int]:
    """Return of every pattern the number of patterns that play the same kind of fault."""
    kinds = Counter(map(kind_of, PATTERNS))
    return {pattern: kinds[kind_of(pattern)] for pattern in PATTERNS}


def operation_of(name: str, case: Case) -> str:
    """Return the operation of the request that goes wrong."""
    return history(name).requests[case.number - 1].operation


def _covers(each: Row, case: Case) -> tuple[str, str]:
    name, pattern = each
    return operation_of(name, case), kind_of(pattern)


@cache
def _cases_by_what_they_cover() -> dict[tuple[str, str], list[tuple[Row, Case]]]:
    found: dict[tuple[str, str], list[tuple[Row, Case]]] = {}
    for each, case in _all_cases():
        found.setdefault(_covers(each, case), []).append((each, case))
    return found


def _all_cases() -> Iterator[tuple[Row, Case]]:
    for name, pattern in MATRIX:
        for case in cases(pattern, history(name).requests):
            yield (name, pattern), case
