"""The cases that the harness has to play: every row that the code enumerates, and which of its cases a run plays."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from itertools import product
from typing import TypeVar

from psbot.sandbox.faults.faults import FaultTiming
from psbot.sandbox.server.request_log import LoggedRequest
from tests.resilience.histories import NAMES, STALE, history
from tests.resilience.patterns import PATTERNS, Case, cases, kind_of
from tests.support.sample import COMPLETE, Sample

Row = tuple[str, str]  # a history, and a pattern of faults or an instant
Thing = TypeVar("Thing")

MATRIX: tuple[Row, ...] = tuple(product((*NAMES, STALE), PATTERNS))
KILLS: tuple[Row, ...] = tuple(product((*NAMES, STALE), FaultTiming))
EVERY = 5  # a sample has one of so many cases of each kind of fault
ALWAYS = {("ending", "partial"): 1}  # one case alone notices an engagement that ends too early
EVERY_KILL = 2  # and one of so many kills


def row(table: str, *names: object) -> str:
    """Return the name of a row: its table, and what it is about."""
    return f"{table}: {', '.join(map(str, names))}"


def enumerated(sample: Sample = COMPLETE) -> dict[str, int]:
    """Return the number of cases that a run has to play of every row, by the name of the row."""
    return {row("faults", *each): len(played) for each, played in sampled(sample).items()} | {
        row("kills", *each): len(played) for each, played in sampled_kills(sample).items()
    }


@cache
def sampled(sample: Sample) -> Mapping[Row, list[Case]]:
    """Return the cases that *sample* has of every row of the matrix.

    Every row has a case, and so has every operation with every kind of fault that it can have.
    """
    alike = Counter(kind_of(pattern) for pattern in PATTERNS)
    table = {(name, pattern): cases(pattern, history(name).requests) for name, pattern in MATRIX}
    every = {(name, pattern): EVERY * alike[kind_of(pattern)] for name, pattern in MATRIX} | ALWAYS
    return _covering(table, every, _operation_and_kind, sample)


@cache
def sampled_kills(sample: Sample) -> Mapping[Row, list[LoggedRequest]]:
    """Return the requests at which a process is killed: one of every operation at least, before it and after it."""
    table = {each: list(history(each[0]).requests) for each in KILLS}
    return _covering(table, dict.fromkeys(KILLS, EVERY_KILL), _operation_and_instant, sample)


def _covering(
    table: Mapping[Row, list[Thing]],
    every: Mapping[Row, int],
    covers: Callable[[Row, Thing], Hashable],
    sample: Sample,
) -> Mapping[Row, list[Thing]]:
    """Return one of *every* so many cases of each row, and one more for each thing that none of these *covers*."""
    chosen = {each: sample.of(able, every[each], number) for number, (each, able) in enumerate(table.items())}
    covered = {covers(each, case) for each, played in chosen.items() for case in played}
    missing: dict[Hashable, list[tuple[Row, Thing]]] = {}
    for each, able in table.items():
        for case in able:
            if (what := covers(each, case)) not in covered:
                missing.setdefault(what, []).append((each, case))
    for able_to_cover in missing.values():
        each, case = able_to_cover[sample.seed % len(able_to_cover)]
        chosen[each].append(case)
    return chosen


def _operation_and_kind(each: Row, case: Case) -> Hashable:
    name, pattern = each
    return operation_of(name, case), kind_of(pattern)


def _operation_and_instant(each: Row, entry: LoggedRequest) -> Hashable:
    _, when = each
    return entry.operation, when


def operation_of(name: str, case: Case) -> str:
    """Return the operation of the request that goes wrong."""
    return history(name).requests[case.number - 1].operation
