"""The harness fails for each product that is wrong on purpose, and for the right one it does not."""

import pytest

from tests.resilience import mutants
from tests.resilience.checks import Violation, check_quiet
from tests.resilience.histories import NOW, history
from tests.resilience.matrix import play
from tests.resilience.patterns import cases
from tests.resilience.test_humans import edited_before, window
from tests.resilience.test_races import SEEDS, raced
from tests.support.stage import Adapters, real, staged


@pytest.fixture(autouse=True)
def undisturbed() -> None:
    """Play the histories once with what is right, before anything is broken on purpose."""
    for name in ("new", "changed", "small", "moving", "standing", "ending"):
        history(name)


def violations(name: str, pattern: str, adapters: Adapters) -> list[Violation]:
    """Play a row of the matrix and return what it finds."""
    asked = history(name)
    found = []
    for case in cases(pattern, asked.requests):
        try:
            play(asked, case, adapters)
        except Violation as violation:
            found.append(violation)
    return found


@pytest.mark.parametrize("pattern", ["502 after", "reset after", "time-out"])
def test_harness_notices_a_write_that_is_repeated(pattern: str) -> None:
    assert violations("new", pattern, mutants.repeating)


@pytest.mark.parametrize("pattern", ["redirect before", "login page after", "empty list"])
def test_harness_notices_a_read_that_is_taken_for_absence(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutants.without_second_look(monkeypatch)
    assert violations("changed", pattern, mutants.credulous)


@pytest.mark.parametrize("pattern", ["502 after", "time-out"])
def test_harness_notices_a_notice_that_is_posted_again(pattern: str) -> None:
    assert violations("moving", pattern, mutants.repeating)


@pytest.mark.parametrize("pattern", ["empty list", "login page after"])
def test_harness_notices_a_log_that_is_taken_for_one_without_notices(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not violations("standing", "empty list", real)
    mutants.without_second_look(monkeypatch)
    assert [
        each
        for each in violations("standing", pattern, mutants.credulous)
        if "unauthorized-change" in str(each)
    ]


def test_harness_notices_an_engagement_that_ends_before_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    mutants.ending_at_once(monkeypatch)
    assert violations("ending", "partial", real)


def test_harness_notices_that_a_short_list_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = history("changed")
    mutants.without_second_look(monkeypatch)
    with pytest.raises(Violation, match="differs"):
        for case in cases("short list", asked.requests):
            play(asked, case)


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
