"""Random schedules of faults, races and people, from seeds: ``python -m tests.resilience.soak --count 10000 --jobs 2``.

A schedule that fails is played again by ``--seed N --count 1``. Runs with one connection repeat exactly; threads of
one with several may come in another order.
"""

import argparse
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from psbot.sandbox.faults.faults import Fault, FaultKind
from psbot.sandbox.server.request_log import LoggedRequest
from psbot.sandbox.state.answers import AnswerCache
from psbot.sandbox.state.model import WorkItem
from tests.resilience import humans
from tests.resilience.histories import History, history
from tests.resilience.matrix import check_state, disturbed, settle
from tests.resilience.patterns import PATTERNS, Case
from tests.resilience.race import check_one_of_each, race
from tests.support.stage import TIMEOUT, Stage, staged

NAMES = ("small", "small-changed")
MOST_FAULTS = 4
MOST_REQUESTS = 30
CONNECTIONS = 4


def drawn_case(draw: random.Random, asked: History) -> tuple[str, Case]:
    """Return a fault of any kind for any request, also for those that only a run that was disturbed sends."""
    while True:
        name = draw.choice(list(PATTERNS))
        like: LoggedRequest = draw.choice(asked.requests)
        if made := list(PATTERNS[name](like)):
            case = draw.choice(made)
            number = draw.choice([like.number, draw.randrange(1, MOST_REQUESTS)])
            return name, Case(number, case.kind, case.when, case.timeout, case.settings)


def play(seed: int) -> Counter[str]:
    """Play the schedule of *seed* and return what was counted; raises Violation."""
    draw = random.Random(seed)
    asked = history(draw.choice(NAMES))
    counts: Counter[str] = Counter({"schedules": 1})
    with staged(asked.world()) as stage:
        faults = [_add(stage, *drawn_case(draw, asked)) for _ in range(draw.randrange(1, MOST_FAULTS + 1))]
        kind = draw.choice(("alone", "alone", "again", "race", "person"))
        counts[f"{kind}"] += 1
        _PLAYS[kind](stage, asked, draw)
        counts.update({f"fault {name}": fault.applied for name, fault in faults if fault.applied})
        counts["requests"] += stage.gate.log.received
        counts["writes"] += stage.writes
        stage.gate.faults.clear()
        settle(stage, asked)
        check_one_of_each(stage.world, asked)
        if kind in ("alone", "again") and not any(_may_hide(fault) for _, fault in faults):
            check_state(stage, asked)
    return counts


def _may_hide(fault: Fault) -> bool:
    """Tell whether a fault hides items: two such at once may hide one from both looks, and a copy is closed then."""
    return fault.kind in (FaultKind.SHORT_LIST, FaultKind.EMPTY_LIST, FaultKind.NO_CONFIDENTIAL)


def _add(stage: Stage, name: str, case: Case) -> tuple[str, Fault]:
    return name, stage.gate.faults.add(case.fault())


def _alone(stage: Stage, asked: History, draw: random.Random) -> None:
    disturbed(stage, asked, draw.choice((1.0, TIMEOUT)), draw.choice((1, CONNECTIONS)))


def _again(stage: Stage, asked: History, draw: random.Random) -> None:
    """Run up to three times, without waiting for GitLab to come to rest."""
    for _ in range(draw.randrange(2, 4)):
        _alone(stage, asked, draw)


def _race(stage: Stage, asked: History, draw: random.Random) -> None:
    race(stage, asked, draw.randrange(2, 5), draw)


def _person(stage: Stage, asked: History, draw: random.Random) -> None:
    """Let a person label an item at any time; the label must still be there."""
    at, number = draw.randrange(15), 0
    labelled: list[WorkItem] = []

    def between() -> None:
        nonlocal number
        number += 1
        item = humans.found(stage.world, draw.choice(("log", "kick-off", "sign-off")))
        if number >= at and item and not labelled:
            humans.labelled(stage.world, item)
            labelled.append(item)

    race(stage, asked, 2, draw, between)
    for item in labelled:
        humans.require_label(item)


_PLAYS = {"alone": _alone, "again": _again, "race": _race, "person": _person}


def read_everything_again() -> None:
    """Let the sandbox remember no answers."""
    AnswerCache.is_enabled = False


def result(seed: int) -> tuple[int, Counter[str], str]:
    """Return the seed, its counts, and what was wrong, empty for nothing."""
    try:
        return seed, play(seed), ""
    except Exception as error:
        return seed, Counter({"schedules": 1}), f"{type(error).__name__}: {error}"


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Play schedules and print what was counted; the exit code is 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    began = time.monotonic()
    counts: Counter[str] = Counter()
    broken = []
    seeds = range(given.seed, given.seed + given.count)
    with ProcessPoolExecutor(given.jobs, initializer=read_everything_again) as pool:
        for seed, counted, wrong in pool.map(result, seeds, chunksize=max(1, min(50, given.count // 20))):
            counts += counted
            if wrong:
                broken.append((seed, wrong))
                _tell(f"seed {seed}: {wrong}"[:1500])
    for name, number in sorted(counts.items()):
        _tell(f"{number:>8}  {name}")
    _tell(f"{len(broken):>8}  violations, in {time.monotonic() - began:.0f} s with {given.jobs} jobs")
    return 1 if broken or counts["schedules"] < given.count else 0


if __name__ == "__main__":
    sys.exit(main())
