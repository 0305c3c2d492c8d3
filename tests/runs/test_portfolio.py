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
def gitlab() -> FakeGitLab:
    """A GitLab with four engagements, applied yesterday."""
    gitlab = FakeGitLab()
    gitlab.now = MONDAY
    made = [ended for _, ended in reconcile_many([AWS, *OTHERS], run_context(gitlab, MONDAY), nothing)]
    assert all(each.exit_code == 0 for each in made)
    gitlab.now = EVENING - 3 * HOUR
    gitlab.requests.clear()
    gitlab.writes.clear()
    return gitlab


def nothing(_plan: object) -> None:
    pass


def run_context(gitlab: FakeGitLab, now: datetime) -> RunContext:
    tools = WriteTools(gitlab, gitlab, PROCESS.limits, lambda: 0.0)
    return RunContext(tools, PROCESS, TEMPLATES, now, WaitBudget(0, lambda _: None))


def advanced(
    gitlab: FakeGitLab,
    engagements: Iterable[Engagement] = (AWS, *OTHERS),
    now: datetime = EVENING,
    since: datetime | None = None,
) -> dict[str, list[Operation]]:
    """Let psbot advance; return what it did by engagement."""
    done = {}
    for each, ended in advance_many(engagements, run_context(gitlab, now), nothing, since=since):
        assert not isinstance(ended, PsbotError), ended
        assert ended.error is None
        done[each.key] = [receipt.operation for receipt in ended.receipts]
    return done


def one(gitlab: FakeGitLab, key: str, of: Engagement = AWS) -> WorkItem:
    marked = [each for each in gitlab.by_key(key) if each.marker and each.marker.engagement == of.key]
    (found,) = marked
    return found


def close(gitlab: FakeGitLab, key: str, of: Engagement = AWS) -> None:
    gitlab.person_edits(one(gitlab, key, of).gid, "maria", is_open=False)


def phase(gitlab: FakeGitLab, of: Engagement = AWS) -> str | None:
    return PROCESS.catalogue.value("phase", one(gitlab, "epic", of).labels)


def test_portfolio_without_stale_items_is_read_in_three_requests_and_nothing_is_written(
    gitlab: FakeGitLab,
) -> None:
    assert advanced(gitlab) == {each.key: [] for each in (AWS, *OTHERS)}
    assert gitlab.requests == ["access", "pages", "pages"], "access; epics; the children of all"


def test_histories_of_many_engagements_are_read_together(gitlab: FakeGitLab) -> None:
    for each in (AWS, *OTHERS):
        close(gitlab, "welcome-email", each)
    advanced(gitlab)
    assert gitlab.requests.count("histories") == 1
    assert {phase(gitlab, each) for each in (AWS, *OTHERS)} == {"kick-off"}


def test_only_what_has_moved_is_read_since_an_hour(gitlab: FakeGitLab) -> None:
    assert advanced(gitlab, since=EVENING - HOUR) == {each.key: [] for each in (AWS, *OTHERS)}
    assert gitlab.requests == ["access", "pages"], "access; what has moved: nothing"
    gitlab.now = EVENING - HOUR / 2
    close(gitlab, "welcome-email", OTHERS[1])
    gitlab.requests.clear()
    moved = advanced(gitlab, since=EVENING - HOUR)
    assert [key for key, operations in moved.items() if operations] == ["other-1"]
    assert phase(gitlab, OTHERS[1]) == "kick-off"
    assert phase(gitlab) == "setup"


def test_persons_item_without_a_marker_counts_as_moved_by_its_parent(gitlab: FakeGitLab) -> None:
    gitlab.now = EVENING - HOUR / 2
    epic = one(gitlab, "epic")
    request = titles("kind", "change-request")
    made = gitlab.person_makes(
        "paul", epic.namespace + "/internal", title="More", parent=epic.gid, labels=frozenset({request})
    )
    before = len(gitlab.requests)
    advanced(gitlab, since=EVENING - HOUR)
    assert "pages" in gitlab.requests[before + 2 :], "the children of that epic are read"
    assert gitlab.items[made].work_item.title == "More"


def test_new_day_is_looked_after_for_every_file_whatever_has_moved(gitlab: FakeGitLab) -> None:
    late = EVENING.replace(hour=0, minute=30) + timedelta(days=10)
    made = advanced(gitlab, now=late, since=late - HOUR)
    assert all(any(each.op == "create-child" for each in operations) for operations in made.values())
    assert advanced(gitlab, now=late + 2 * HOUR, since=late + HOUR) == {key: [] for key in made}
    assert gitlab.requests[-2:] == ["access", "pages"]


def test_detached_item_is_reattached_and_not_created_again(gitlab: FakeGitLab) -> None:
    kick_off = one(gitlab, "kick-off")
    gitlab.person_edits(kick_off.gid, "paul", parent=None)
    done = advanced(gitlab)
    assert [each.op for each in done[AWS.key]] == ["redescribe"]
    assert one(gitlab, "kick-off").parent == one(gitlab, "epic").gid


@pytest.mark.parametrize("since", [None, EVENING - HOUR])
def test_engagement_whose_epic_has_lost_its_marker_is_moved_on_all_the_same(
    gitlab: FakeGitLab, since: datetime | None
) -> None:
    gitlab.now = EVENING - HOUR / 2
    epic = one(gitlab, "epic")
    gitlab.person_edits(epic.gid, "paul", description=epic.description.partition("\n")[2])
    close(gitlab, "welcome-email")
    advanced(gitlab, since=since)
    assert phase(gitlab) == "kick-off"
    assert not any(advanced(gitlab, since=since).values())


def test_children_of_an_engagement_that_has_ended_are_not_read(gitlab: FakeGitLab) -> None:
    for each in (AWS, *OTHERS):
        epic = one(gitlab, "epic", each)
        labels = epic.labels - {titles("phase", "setup")} | {titles("phase", "cancelled")}
        gitlab.person_edits(epic.gid, "maria", labels=labels)
    advanced(gitlab)
    gitlab.requests.clear()
    assert advanced(gitlab) == {each.key: [] for each in (AWS, *OTHERS)}
    assert gitlab.requests == ["access", "pages"]
