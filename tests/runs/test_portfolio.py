"""What ``psbot advance`` reads over a portfolio, and what it makes of engagements it has not read whole."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from psbot.apply.apply import WriteTools
from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import Operation
from psbot.core.model.work_item import WorkItem
from psbot.errors import PsbotError
from psbot.gitlab.wait_budget import WaitBudget
from psbot.runs.portfolio import advance_many, reconcile_many
from psbot.runs.work import RunContext
from tests.support.board import MONDAY, PROCESS, TEMPLATES, example
from tests.support.fakes import FakeGitLab

AWS = example()
OTHERS = [replace(AWS, key=f"other-{number}", sow=f"SOW-{number}") for number in range(3)]
HOUR = timedelta(hours=1)
EVENING = MONDAY.replace(hour=21)


def titles(purpose: str, value: str) -> str:
    return PROCESS.catalogue.title(purpose, value)


@pytest.fixture
def forge() -> FakeGitLab:
    """A GitLab with four engagements, applied yesterday."""
    forge = FakeGitLab()
    forge.now = MONDAY
    made = [ended for _, ended in reconcile_many([AWS, *OTHERS], run_context(forge, MONDAY), nothing)]
    assert all(each.exit_code == 0 for each in made)
    forge.now = EVENING - 3 * HOUR
    forge.requests.clear()
    forge.writes.clear()
    return forge


def nothing(_plan: object) -> None:
    pass


def run_context(forge: FakeGitLab, now: datetime) -> RunContext:
    tools = WriteTools(forge, forge, PROCESS.limits, lambda: 0.0)
    return RunContext(tools, PROCESS, TEMPLATES, now, WaitBudget(0, lambda _: None))


def advanced(
    forge: FakeGitLab,
    engagements: Iterable[Engagement] = (AWS, *OTHERS),
    now: datetime = EVENING,
    since: datetime | None = None,
) -> dict[str, list[Operation]]:
    """Let psbot advance; return what it did by engagement."""
    done = {}
    for each, ended in advance_many(engagements, run_context(forge, now), nothing, since=since):
        assert not isinstance(ended, PsbotError), ended
        assert ended.error is None
        done[each.key] = [receipt.operation for receipt in ended.receipts]
    return done


def one(forge: FakeGitLab, key: str, of: Engagement = AWS) -> WorkItem:
    marked = [each for each in forge.by_key(key) if each.marker and each.marker.engagement == of.key]
    (found,) = marked
    return found


def close(forge: FakeGitLab, key: str, of: Engagement = AWS) -> None:
    forge.person_edits(one(forge, key, of).gid, "maria", is_open=False)


def phase(forge: FakeGitLab, of: Engagement = AWS) -> str | None:
    return PROCESS.catalogue.value("phase", one(forge, "epic", of).labels)


def test_quiet_portfolio_is_read_in_three_requests_and_nothing_is_written(forge: FakeGitLab) -> None:
    assert advanced(forge) == {each.key: [] for each in (AWS, *OTHERS)}
    assert forge.requests == ["access", "pages", "pages"], "access; epics; the children of all"


def test_histories_of_many_engagements_are_read_together(forge: FakeGitLab) -> None:
    for each in (AWS, *OTHERS):
        close(forge, "welcome-email", each)
    advanced(forge)
    assert forge.requests.count("histories") == 1
    assert {phase(forge, each) for each in (AWS, *OTHERS)} == {"kick-off"}


def test_only_what_has_moved_is_read_since_an_hour(forge: FakeGitLab) -> None:
    assert advanced(forge, since=EVENING - HOUR) == {each.key: [] for each in (AWS, *OTHERS)}
    assert forge.requests == ["access", "pages"], "access; what has moved: nothing"
    forge.now = EVENING - HOUR / 2
    close(forge, "welcome-email", OTHERS[1])
    forge.requests.clear()
    moved = advanced(forge, since=EVENING - HOUR)
    assert [key for key, operations in moved.items() if operations] == ["other-1"]
    assert phase(forge, OTHERS[1]) == "kick-off"
    assert phase(forge) == "setup"


def test_persons_item_without_a_marker_counts_as_moved_by_its_parent(forge: FakeGitLab) -> None:
    forge.now = EVENING - HOUR / 2
    epic = one(forge, "epic")
    request = titles("kind", "change-request")
    made = forge.person_makes(
        "paul", epic.namespace + "/internal", title="More", parent=epic.gid, labels=frozenset({request})
    )
    before = len(forge.requests)
    advanced(forge, since=EVENING - HOUR)
    assert "pages" in forge.requests[before + 2 :], "the children of that epic are read"
    assert forge.items[made].work_item.title == "More"


def test_new_day_is_looked_after_for_every_file_whatever_has_moved(forge: FakeGitLab) -> None:
    late = EVENING.replace(hour=0, minute=30) + timedelta(days=10)
    made = advanced(forge, now=late, since=late - HOUR)
    assert all(any(each.op == "create-child" for each in operations) for operations in made.values())
    assert advanced(forge, now=late + 2 * HOUR, since=late + HOUR) == {key: [] for key in made}
    assert forge.requests[-2:] == ["access", "pages"]


def test_item_that_hangs_no_more_under_its_epic_is_put_back_and_not_made_again(forge: FakeGitLab) -> None:
    kick_off = one(forge, "kick-off")
    forge.person_edits(kick_off.gid, "paul", parent=None)
    done = advanced(forge)
    assert [each.op for each in done[AWS.key]] == ["redescribe"]
    assert one(forge, "kick-off").parent == one(forge, "epic").gid


@pytest.mark.parametrize("since", [None, EVENING - HOUR])
def test_engagement_whose_epic_has_lost_its_marker_is_moved_on_all_the_same(
    forge: FakeGitLab, since: datetime | None
) -> None:
    forge.now = EVENING - HOUR / 2
    epic = one(forge, "epic")
    forge.person_edits(epic.gid, "paul", description=epic.description.partition("\n")[2])
    close(forge, "welcome-email")
    advanced(forge, since=since)
    assert phase(forge) == "kick-off"
    assert not any(advanced(forge, since=since).values())


def test_children_of_an_engagement_that_has_ended_are_not_read(forge: FakeGitLab) -> None:
    for each in (AWS, *OTHERS):
        epic = one(forge, "epic", each)
        labels = epic.labels - {titles("phase", "setup")} | {titles("phase", "cancelled")}
        forge.person_edits(epic.gid, "maria", labels=labels)
    advanced(forge)
    forge.requests.clear()
    assert advanced(forge) == {each.key: [] for each in (AWS, *OTHERS)}
    assert forge.requests == ["access", "pages"]
