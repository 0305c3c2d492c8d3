"""What psbot takes for an engagement's items, seen through a whole observation."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Event

import pytest

from psbot.core.model.engagement import Engagement
from psbot.core.model.item import HumanActivity
from psbot.core.model.work_item import Author
from psbot.core.text.marker import Marker
from psbot.errors import ExitCode, GitLabError
from psbot.gitlab.values import Page, PageRequest
from psbot.observe.observation import Observation, ReadScope
from psbot.observe.observe import observe, observe_many, with_human_activity
from tests.support.builders import GROUP, INTERNAL, PROCESS, SHARED, engagement, process
from tests.support.fakes import BOT, FakeGitLab

ENGAGEMENT = engagement()


def marked(item: str, key: str = "acme-sow-142", words: str = "Words.\n") -> str:
    return f"{Marker(key, item)}\n{words}"


@pytest.fixture
def forge() -> FakeGitLab:
    forge = FakeGitLab()
    for spec in PROCESS.catalogue.specs():
        forge.labels[spec.title] = f"gid://gitlab/GroupLabel/{len(forge.labels) + 1}"
    return forge


def make_epic(forge: FakeGitLab, key: str = "acme-sow-142") -> str:
    return forge._make(
        BOT,
        GROUP,
        {"title": "Acme", "description": marked("epic", key), "labels": frozenset({"ps-kind::engagement"})},
    )


def make(forge: FakeGitLab, item: str, parent: str | None, author: Author = BOT, **fields: object) -> str:
    kind = item.partition("/")[0]
    defaults: dict[str, object] = {
        "title": item,
        "description": marked(item),
        "labels": frozenset({f"ps-kind::{kind}", "ps-state::todo"}),
        "parent": parent,
    }
    return forge._make(author, INTERNAL if kind in ("log", "change-request") else SHARED, defaults | fields)


def keys(observation: Observation) -> set[str]:
    return {item.key for item in observation.snapshot.items}


def codes(observation: Observation) -> list[str]:
    return sorted(finding.code for finding in observation.findings)


def test_observe_finds_the_epic_and_its_children_by_marker_when_titles_were_changed(
    forge: FakeGitLab,
) -> None:
    epic = make_epic(forge)
    kick_off = make(forge, "kick-off", epic, title="Start!")
    make(forge, "call/2026-12-08", epic, is_open=False)
    found = observe(forge, ENGAGEMENT, PROCESS)
    assert found.snapshot.epic
    assert found.snapshot.epic.gid == epic
    assert keys(found) == {"epic", "kick-off", "call/2026-12-08"}
    assert next(item for item in found.snapshot.children if item.key == "kick-off").gid == kick_off
    assert found.snapshot.labels == {spec.title for spec in PROCESS.catalogue.specs()}


def test_observe_finds_an_epic_when_its_kind_label_was_removed(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    forge.person_edits(epic, "maria", labels=frozenset())
    assert observe(forge, ENGAGEMENT, PROCESS).snapshot.epic


def test_observe_finds_an_epic_through_its_children_when_its_marker_was_removed(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", epic)
    forge.person_edits(epic, "maria", description="Only words.\n")
    found = observe(forge, ENGAGEMENT, PROCESS)
    assert found.snapshot.epic
    assert found.snapshot.epic.gid == epic
    assert keys(found) == {"epic", "kick-off"}


def test_observe_stops_when_marked_children_have_no_epic(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", epic)
    forge.delete(epic)
    with pytest.raises(GitLabError, match="has no epic"):
        observe(forge, ENGAGEMENT, PROCESS)


def test_observe_ignores_a_customers_copy_of_a_description(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", None, Author("ada"))
    found = observe(forge, ENGAGEMENT, PROCESS)
    assert keys(found) == {"epic"}
    assert codes(found) == ["untrusted-marker"]
    assert found.snapshot.epic
    assert found.snapshot.epic.gid == epic


def test_observe_counts_items_of_the_engagements_people_and_of_listed_machines(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", epic, Author("maria"))
    make(forge, "log", epic, Author("robot"))
    listed = process(machine_accounts=frozenset({"robot"}))
    assert keys(observe(forge, ENGAGEMENT, listed)) == {"epic", "kick-off", "log"}
    assert keys(observe(forge, ENGAGEMENT, PROCESS)) == {"epic", "kick-off"}


def test_observe_counts_items_of_a_deleted_account_only_under_the_epic(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", epic, Author("ghost", is_ghost=True))
    make(forge, "intake-aws", None, Author("ghost", is_ghost=True))
    assert keys(observe(forge, ENGAGEMENT, PROCESS)) == {"epic", "kick-off"}


def test_observe_takes_the_lowest_open_id_when_a_marker_is_there_twice(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", epic, is_open=False)
    first = make(forge, "kick-off", epic)
    second = make(forge, "kick-off", None)
    found = observe(forge, ENGAGEMENT, PROCESS).snapshot
    assert [item.gid for item in found.children] == [first]
    assert [item.gid for item in found.duplicates] == [second]


def test_observe_prefers_the_item_under_the_epic_that_stays_when_two_runs_made_two(forge: FakeGitLab) -> None:
    kept, other = make_epic(forge), make_epic(forge)
    make(forge, "kick-off", other)
    twin = make(forge, "kick-off", kept)
    alone = make(forge, "log", other)
    found = observe(forge, ENGAGEMENT, PROCESS).snapshot
    assert found.epic
    assert found.epic.gid == kept
    assert {item.gid: item.is_detached for item in found.children} == {twin: False, alone: True}
    assert {item.key for item in found.duplicates} == {"epic", "kick-off"}


def test_observe_ignores_the_copy_that_a_move_leaves(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", epic, is_moved=True, is_open=False)
    assert keys(observe(forge, ENGAGEMENT, PROCESS)) == {"epic"}


def test_observe_finds_an_item_that_a_person_took_out_of_the_epic(forge: FakeGitLab) -> None:
    make_epic(forge)
    make(forge, "kick-off", None)
    (child,) = observe(forge, ENGAGEMENT, PROCESS).snapshot.children
    assert child.is_detached


def test_observe_takes_a_single_item_without_marker_for_the_item_it_was(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    bare = make(forge, "kick-off", epic, description="Marker gone.\n")
    (child,) = observe(forge, ENGAGEMENT, PROCESS).snapshot.children
    assert (child.key, child.gid, child.marker) == ("kick-off", bare, None)


def test_observe_does_not_guess_when_several_items_lost_their_marker(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", epic, description="One.\n")
    make(forge, "kick-off", epic, description="Two.\n")
    found = observe(forge, ENGAGEMENT, PROCESS)
    assert keys(found) == {"epic"}
    assert codes(found) == ["marker-ambiguous"]


def test_observe_numbers_a_persons_change_request_with_the_lowest_free_number(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "change-request/1", epic)
    make(forge, "change-request/3", epic, is_open=False)
    new = make(forge, "change-request", epic, Author("zoe"), description="More hours, please.\n")
    found = observe(forge, ENGAGEMENT, PROCESS)
    assert {item.key: item.gid for item in found.snapshot.children}["change-request/2"] == new
    make(forge, "change-request", None, Author("ada"), description="Mine.\n")
    assert len(observe(forge, ENGAGEMENT, PROCESS).snapshot.children) == 3


def test_observe_refuses_an_edition_without_epics(forge: FakeGitLab) -> None:
    forge.has_epics = False
    with pytest.raises(GitLabError, match="no epics") as caught:
        observe(forge, ENGAGEMENT, PROCESS)
    assert caught.value.exit_code is ExitCode.GITLAB


@pytest.mark.parametrize("path", [GROUP, SHARED, INTERNAL, "acme"])
def test_observe_names_the_place_that_the_token_does_not_see(forge: FakeGitLab, path: str) -> None:
    forge.levels[path] = None
    with pytest.raises(GitLabError, match=path):
        observe(forge, ENGAGEMENT, PROCESS)


def test_observe_refuses_a_role_below_planner(forge: FakeGitLab) -> None:
    forge.levels[INTERNAL] = 10
    with pytest.raises(GitLabError, match="needs at least the Planner role"):
        observe(forge, ENGAGEMENT, PROCESS)


def test_observe_refuses_a_list_that_is_shorter_than_gitlab_counts(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    forge.hidden.add(make(forge, "kick-off", epic))
    with pytest.raises(GitLabError, match="counts"):
        observe(forge, ENGAGEMENT, PROCESS)


def test_observe_reads_on_when_lists_have_several_pages(forge: FakeGitLab) -> None:
    forge.page = 2
    for other in ("other-1", "other-2", "other-3"):
        make_epic(forge, other)
    epic = make_epic(forge)
    for day in range(10, 15):
        make(forge, f"call/2026-12-{day}", epic)
    make(forge, "kick-off", None)
    assert len(keys(observe(forge, ENGAGEMENT, PROCESS))) == 7


def test_observe_takes_three_requests_when_everything_fits_a_page(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    for day in range(10, 31):
        make(forge, f"call/2026-12-{day}", epic)
    observe(forge, ENGAGEMENT, PROCESS)
    assert len(forge.requests) == 3


def test_observe_many_shares_listings_and_keeps_engagements_apart(forge: FakeGitLab) -> None:
    several = [engagement(f"acme-{number:03}") for number in range(120)]
    for each in several:
        epic = make_epic(forge, each.key)
        for day in (8, 15):
            make(
                forge, f"call/2026-12-{day:02}", epic, description=marked(f"call/2026-12-{day:02}", each.key)
            )
    found = list(observe_many(forge, several, PROCESS))
    assert len(found) == 120
    for each, seen in found:
        assert isinstance(seen, Observation)
        assert seen.snapshot.epic
        assert seen.snapshot.epic.marker == Marker(each.key, "epic")
        assert len(seen.snapshot.children) == 2
    assert len(forge.requests) <= 8


def test_observe_many_stops_only_the_engagement_that_cannot_be_seen(forge: FakeGitLab) -> None:
    other = replace(engagement("other"), gitlab=replace(ENGAGEMENT.gitlab, project="acme/delivery/hidden"))
    found = {each.key: seen for each, seen in observe_many(forge, [other, ENGAGEMENT], PROCESS)}
    assert isinstance(found["other"], GitLabError)
    assert isinstance(found["acme-sow-142"], Observation)


def test_observe_many_stops_every_engagement_of_a_group_when_a_read_fails(forge: FakeGitLab) -> None:
    forge.fail("pages", lambda: GitLabError("GitLab answered 502"), carried_out=False)
    found = list(observe_many(forge, [ENGAGEMENT, engagement("other")], PROCESS))
    assert [type(seen) for _, seen in found] == [GitLabError, GitLabError]


QUICK = ReadScope(is_full=False)


class Gated(FakeGitLab):
    """A GitLab that keeps the children of one epic back until somebody lets them through."""

    def __init__(self) -> None:
        super().__init__()
        self.kept_back = ""
        self.gate = Event()
        self.patience = 10.0  # seconds, in which a test that is wrong ends

    def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
        if any(self.kept_back in ask.filter_values for ask in asks) and not self.gate.wait(self.patience):
            raise GitLabError("nobody let the last list through")
        return super().fetch_pages(group, asks)


def populated(forge: FakeGitLab, count: int) -> tuple[list[Engagement], list[str]]:
    """Return engagements with an item each, and their epics."""
    several = [engagement(f"acme-{number:03}") for number in range(count)]
    epics = [make_epic(forge, each.key) for each in several]
    for each, epic in zip(several, epics, strict=True):
        make(forge, "kick-off", epic, description=marked("kick-off", each.key))
    return several, epics


def test_quick_look_shows_engagements_before_the_last_list_has_come() -> None:
    forge = Gated()
    several, epics = populated(forge, 250)
    forge.kept_back = epics[-1]
    found: dict[str, set[str]] = {}
    for each, seen in observe_many(forge, several, PROCESS, QUICK):
        forge.gate.set()
        assert isinstance(seen, Observation), seen
        found[each.key] = keys(seen)
    assert found == {each.key: {"epic", "kick-off"} for each in several}


def test_list_that_cannot_be_read_stops_the_engagements_behind_it_only() -> None:
    forge = Gated()
    several, epics = populated(forge, 250)
    forge.kept_back = epics[-1]
    forge.patience = 0
    found = list(observe_many(forge, several, PROCESS, QUICK))
    assert [each.key for each, seen in found if isinstance(seen, GitLabError)] == [
        each.key for each in several[200:]
    ]
    assert len(found) == 250


def test_with_touches_tells_what_people_have_touched(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    alone = make(forge, "kick-off", epic)
    worked = make(forge, "log", epic)
    forge.person_edits(worked, "paul", labels=frozenset({"ps-kind::log", "ps-state::doing"}))
    found = observe(forge, ENGAGEMENT, PROCESS)
    told = with_human_activity(forge, found, GROUP, found.snapshot.children, PROCESS)
    assert {item.gid: item.human_activity for item in told.snapshot.children} == {
        alone: HumanActivity.NO,
        worked: HumanActivity.YES,
    }


def test_observe_takes_no_item_that_the_customer_sees_for_an_internal_one(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    kick_off = make(forge, "kick-off", epic)
    log = make(forge, "log", epic)
    forge.person_edits(kick_off, "ada", description=marked("log"))
    found = observe(forge, ENGAGEMENT, PROCESS)
    assert {item.key: item.gid for item in found.snapshot.children} == {"log": log}
    assert found.snapshot.duplicates == ()
    assert codes(found) == ["misplaced"]


def test_observe_gives_no_internal_marker_to_an_item_that_the_customer_sees(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", epic, description="Words.\n", labels=frozenset({"ps-kind::engagement-log"}))
    assert keys(observe(forge, ENGAGEMENT, PROCESS)) == {"epic"}


def test_observe_counts_an_internal_item_in_the_shared_project_when_the_file_has_no_other(
    forge: FakeGitLab,
) -> None:
    epic = make_epic(forge)
    make(forge, "log", epic)
    make(forge, "kick-off", epic, namespace=INTERNAL)
    only = replace(ENGAGEMENT, gitlab=replace(ENGAGEMENT.gitlab, project=INTERNAL))
    assert keys(observe(forge, only, PROCESS)) == {"epic", "log", "kick-off"}


def test_observe_disputes_no_item_that_carries_the_marker_of_the_epic(forge: FakeGitLab) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", epic, description=marked("epic"))
    found = observe(forge, ENGAGEMENT, PROCESS)
    assert found.snapshot.untrusted == frozenset()
    assert codes(found) == ["misplaced"]


def test_observe_takes_nothing_in_another_project_for_an_item_unless_it_hangs_under_the_epic(
    forge: FakeGitLab,
) -> None:
    epic = make_epic(forge)
    make(forge, "kick-off", None, namespace="acme/delivery/of-another-customer")
    make(forge, "intake-aws", epic, namespace="acme/delivery/third")
    found = observe(forge, ENGAGEMENT, PROCESS)
    assert keys(found) == {"epic", "intake-aws"}
    assert codes(found) == ["misplaced"]


def test_observe_stops_when_marked_items_without_an_epic_are_in_other_projects(forge: FakeGitLab) -> None:
    make(forge, "kick-off", None, namespace="acme/delivery/old")
    with pytest.raises(GitLabError, match="no epic"):
        observe(forge, ENGAGEMENT, PROCESS)


def test_observe_takes_no_open_issue_for_an_internal_one_when_internal_items_are_confidential(
    forge: FakeGitLab,
) -> None:
    epic = make_epic(forge)
    kick_off = make(forge, "kick-off", epic)
    log = make(forge, "log", epic, namespace=SHARED, confidential=True)
    forge.person_edits(kick_off, "ada", description=marked("log"))
    only = replace(ENGAGEMENT, gitlab=replace(ENGAGEMENT.gitlab, internal_project=None))
    found = observe(forge, only, PROCESS)
    assert {item.key: item.gid for item in found.snapshot.children} == {"log": log}
    assert codes(found) == ["misplaced"]
