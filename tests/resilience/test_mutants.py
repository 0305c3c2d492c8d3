"""The harness fails for each product that is wrong on purpose, and for the right one it does not."""

from collections.abc import Iterable, Iterator
from itertools import chain

import pytest

from tests.resilience import mutants
from tests.resilience.checks import Violation, check_quiet
from tests.resilience.histories import NAMES, NOW, STALE, history
from tests.resilience.matrix import play
from tests.resilience.patterns import Case, cases, kind_of
from tests.resilience.rows import operation_of, sampled
from tests.resilience.test_humans import edited_before, window
from tests.resilience.test_races import SEEDS, raced
from tests.support.sample import Sample
from tests.support.stage import Adapters, real, staged


@pytest.fixture(autouse=True)
def undisturbed(sample: Sample) -> None:
    """Play the histories once with what is right, before anything is broken on purpose."""
    for name in (*NAMES, STALE, "small", "standing"):
        history(name)
    sampled(sample)


Played = Iterable[tuple[str, Case]]


def of_the_sample(sample: Sample, kind: str, operation: str) -> Played:
    """Yield the cases that this run plays of a kind of fault on an operation."""
    for (name, pattern), played in sampled(sample).items():
        if kind_of(pattern) == kind:
            yield from ((name, case) for case in played if operation_of(name, case) == operation)


def of_the_row(name: str, pattern: str, operation: str) -> Played:
    """Yield all cases of a row of the matrix on an operation."""
    for case in cases(pattern, history(name).requests):
        if operation_of(name, case) == operation:
            yield name, case


def violations(played: Played, adapters: Adapters = real) -> Iterator[Violation]:
    """Play cases and yield what they find, one by one."""
    for name, case in played:
        try:
            play(history(name), case, adapters)
        except Violation as violation:
            yield violation


@pytest.mark.parametrize("kind", ["5xx after", "reset after", "time-out"])
def test_sample_notices_a_write_that_is_repeated(sample: Sample, kind: str) -> None:
    played = of_the_sample(sample, kind, "CreateItems")
    assert any(violations(played, mutants.repeating))


ABSENCE = ("redirect before", "login page after", "empty list")


@pytest.mark.parametrize("pattern", ABSENCE)
def test_harness_notices_a_read_that_is_taken_for_absence(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutants.without_second_look(monkeypatch)
    assert any(violations(of_the_row("changed", pattern, "Listing"), mutants.credulous))


def test_sample_notices_a_read_that_is_taken_for_absence(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutants.without_second_look(monkeypatch)
    played = chain.from_iterable(of_the_sample(sample, kind, "Listing") for kind in ABSENCE)
    assert any(violations(played, mutants.credulous))


@pytest.mark.parametrize("kind", ["5xx after", "time-out"])
def test_sample_notices_a_notice_that_is_posted_again(sample: Sample, kind: str) -> None:
    played = of_the_sample(sample, kind, "CreateNotes")
    assert any(violations(played, mutants.repeating))


@pytest.mark.parametrize("pattern", ["empty list", "login page after"])
def test_harness_notices_a_log_that_is_taken_for_one_without_notices(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any(violations(of_the_row("standing", "empty list", "Comments")))
    mutants.without_second_look(monkeypatch)
    found = violations(of_the_row("standing", pattern, "Comments"), mutants.credulous)
    assert any("unauthorized-change" in str(each) for each in found)


def test_sample_notices_an_engagement_that_ends_before_all_is_done(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutants.ending_at_once(monkeypatch)
    assert any(violations(of_the_sample(sample, "partial", "UpdateItems")))


def test_sample_notices_that_a_short_list_is_believed(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutants.without_second_look(monkeypatch)
    assert any(violations(of_the_sample(sample, "short list", "Listing")))


def test_harness_notices_labels_that_are_written_whole() -> None:
    asked = history("changed")
    with pytest.raises(Violation, match="lost urgent"):
        for number in window(asked):
            edited_before(asked, number, labels_only=True, adapters=mutants.wholesale)


def test_harness_notices_text_that_is_not_neutralised(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = history("new")
    mutants.not_neutralising(monkeypatch)
    with staged(asked.world()) as stage:
        stage.run(asked.engagement, NOW)
        with pytest.raises(Violation, match="mentioned"):
            check_quiet(stage.world)


def test_harness_notices_that_the_oldest_duplicate_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    mutants.closing_the_oldest(monkeypatch)
    with pytest.raises(Violation, match="are older"):
        for seed in SEEDS:
            raced("small", 2, seed)


def test_harness_notices_duplicates_that_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    mutants.keeping_twins(monkeypatch)
    with pytest.raises(Violation):
        for seed in SEEDS:
            raced("small", 2, seed)
