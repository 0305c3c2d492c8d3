"""The lists of a group, shared by its engagements."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Event

import pytest

from psbot.core.model.engagement import Engagement
from psbot.core.text.marker import Marker
from psbot.errors import GitLabError
from psbot.gitlab.values import Page, PageRequest
from psbot.observe.observation import Observation, ReadScope
from psbot.observe.observe import observe, observe_many
from tests.observe.items import ENGAGEMENT, keys, make, make_epic, marked
from tests.support.builders import PROCESS, engagement
from tests.support.fakes import FakeGitLab


def test_observe_refuses_a_list_that_is_shorter_than_gitlab_counts(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    gitlab.hidden.add(make(gitlab, "kick-off", epic))
    with pytest.raises(GitLabError, match="counts"):
        observe(gitlab, ENGAGEMENT, PROCESS)


def test_observe_reads_on_when_lists_have_several_pages(gitlab: FakeGitLab) -> None:
    gitlab.page = 2
    for other in ("other-1", "other-2", "other-3"):
        make_epic(gitlab, other)
    epic = make_epic(gitlab)
    for day in range(10, 15):
        make(gitlab, f"call/2026-12-{day}", epic)
    make(gitlab, "kick-off", None)
    assert len(keys(observe(gitlab, ENGAGEMENT, PROCESS))) == 7


def test_observe_takes_three_requests_when_everything_fits_a_page(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    for day in range(10, 31):
        make(gitlab, f"call/2026-12-{day}", epic)
    observe(gitlab, ENGAGEMENT, PROCESS)
    assert len(gitlab.requests) == 3


def test_observe_many_shares_listings_and_keeps_engagements_apart(gitlab: FakeGitLab) -> None:
    several = [engagement(f"acme-{number:03}") for number in range(120)]
    for each in several:
        epic = make_epic(gitlab, each.key)
        for day in (8, 15):
            make(
                gitlab, f"call/2026-12-{day:02}", epic, description=marked(f"call/2026-12-{day:02}", each.key)
            )
    found = list(observe_many(gitlab, several, PROCESS))
    assert len(found) == 120
    for each, seen in found:
        assert isinstance(seen, Observation)
        assert seen.snapshot.epic
        assert seen.snapshot.epic.marker == Marker(each.key, "epic")
        assert len(seen.snapshot.children) == 2
    assert len(gitlab.requests) <= 8


def test_observe_many_stops_only_the_engagement_that_cannot_be_seen(gitlab: FakeGitLab) -> None:
    other = replace(engagement("other"), gitlab=replace(ENGAGEMENT.gitlab, project="acme/delivery/hidden"))
    found = {each.key: seen for each, seen in observe_many(gitlab, [other, ENGAGEMENT], PROCESS)}
    assert isinstance(found["other"], GitLabError)
    assert isinstance(found["acme-sow-142"], Observation)


def test_observe_many_stops_every_engagement_of_a_group_when_a_read_fails(gitlab: FakeGitLab) -> None:
    gitlab.fail("pages", lambda: GitLabError("GitLab answered 502"), carried_out=False)
    found = list(observe_many(gitlab, [ENGAGEMENT, engagement("other")], PROCESS))
    assert [type(seen) for _, seen in found] == [GitLabError, GitLabError]


QUICK = ReadScope(is_full=False)


class Gated(FakeGitLab):
    """A GitLab that keeps the children of one epic back until a test lets them through."""

    def __init__(self) -> None:
        super().__init__()
        self.kept_back = ""
        self.gate = Event()
        self.patience = 10.0  # seconds, in which a test that is wrong ends

    def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
        if any(self.kept_back in ask.filter_values for ask in asks) and not self.gate.wait(self.patience):
            raise GitLabError("nobody let the last list through")
        return super().fetch_pages(group, asks)


def populated(gitlab: FakeGitLab, count: int) -> tuple[list[Engagement], list[str]]:
    """Return engagements with an item each, and their epics."""
    several = [engagement(f"acme-{number:03}") for number in range(count)]
    epics = [make_epic(gitlab, each.key) for each in several]
    for each, epic in zip(several, epics, strict=True):
        make(gitlab, "kick-off", epic, description=marked("kick-off", each.key))
    return several, epics


def test_quick_look_shows_engagements_before_the_last_list_has_come() -> None:
    gitlab = Gated()
    several, epics = populated(gitlab, 250)
    gitlab.kept_back = epics[-1]
    found: dict[str, set[str]] = {}
    for each, seen in observe_many(gitlab, several, PROCESS, QUICK):
        gitlab.gate.set()
        assert isinstance(seen, Observation), seen
        found[each.key] = keys(seen)
    assert found == {each.key: {"epic", "kick-off"} for each in several}


def test_list_that_cannot_be_read_stops_the_engagements_behind_it_only() -> None:
    gitlab = Gated()
    several, epics = populated(gitlab, 250)
    gitlab.kept_back = epics[-1]
    gitlab.patience = 0
    found = list(observe_many(gitlab, several, PROCESS, QUICK))
    assert [each.key for each, seen in found if isinstance(seen, GitLabError)] == [
        each.key for each in several[200:]
    ]
    assert len(found) == 250
