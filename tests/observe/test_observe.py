"""Observing an engagement: which items of GitLab are its own."""

from dataclasses import replace

import pytest

from psbot.core.model.item import HumanActivity
from psbot.core.model.work_item import Author
from psbot.errors import GitLabError
from psbot.observe.observation import Observation
from psbot.observe.observe import observe, with_human_activity
from tests.observe.items import ENGAGEMENT, keys, make, make_epic, marked
from tests.support.builders import GROUP, INTERNAL, PROCESS, SHARED, process
from tests.support.fakes import FakeGitLab


def codes(observation: Observation) -> list[str]:
    return sorted(finding.code for finding in observation.findings)


def test_observe_finds_the_epic_and_its_children_by_marker_when_titles_were_changed(
    gitlab: FakeGitLab,
) -> None:
    epic = make_epic(gitlab)
    kick_off = make(gitlab, "kick-off", epic, title="Start!")
    make(gitlab, "call/2026-12-08", epic, is_open=False)
    found = observe(gitlab, ENGAGEMENT, PROCESS)
    assert found.snapshot.epic
    assert found.snapshot.epic.gid == epic
    assert keys(found) == {"epic", "kick-off", "call/2026-12-08"}
    assert next(item for item in found.snapshot.children if item.key == "kick-off").gid == kick_off
    assert found.snapshot.labels == {spec.title for spec in PROCESS.catalogue.specs()}


def test_observe_finds_an_epic_when_its_kind_label_was_removed(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    gitlab.person_edits(epic, "maria", labels=frozenset())
    assert observe(gitlab, ENGAGEMENT, PROCESS).snapshot.epic


def test_observe_finds_an_epic_through_its_children_when_its_marker_was_removed(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", epic)
    gitlab.person_edits(epic, "maria", description="Only words.\n")
    found = observe(gitlab, ENGAGEMENT, PROCESS)
    assert found.snapshot.epic
    assert found.snapshot.epic.gid == epic
    assert keys(found) == {"epic", "kick-off"}


def test_observe_stops_when_marked_children_have_no_epic(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", epic)
    gitlab.delete(epic)
    with pytest.raises(GitLabError, match="has no epic"):
        observe(gitlab, ENGAGEMENT, PROCESS)


def test_observe_ignores_a_customers_copy_of_a_description(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", None, Author("ada"))
    found = observe(gitlab, ENGAGEMENT, PROCESS)
    assert keys(found) == {"epic"}
    assert codes(found) == ["untrusted-marker"]
    assert found.snapshot.epic
    assert found.snapshot.epic.gid == epic


def test_observe_counts_items_of_the_engagements_people_and_of_listed_machines(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", epic, Author("maria"))
    make(gitlab, "log", epic, Author("robot"))
    listed = process(machine_accounts=frozenset({"robot"}))
    assert keys(observe(gitlab, ENGAGEMENT, listed)) == {"epic", "kick-off", "log"}
    assert keys(observe(gitlab, ENGAGEMENT, PROCESS)) == {"epic", "kick-off"}


def test_observe_counts_items_of_a_deleted_account_only_under_the_epic(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", epic, Author("ghost", is_ghost=True))
    make(gitlab, "intake-aws", None, Author("ghost", is_ghost=True))
    assert keys(observe(gitlab, ENGAGEMENT, PROCESS)) == {"epic", "kick-off"}


def test_observe_takes_the_lowest_open_id_when_a_marker_is_there_twice(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", epic, is_open=False)
    first = make(gitlab, "kick-off", epic)
    second = make(gitlab, "kick-off", None)
    found = observe(gitlab, ENGAGEMENT, PROCESS).snapshot
    assert [item.gid for item in found.children] == [first]
    assert [item.gid for item in found.duplicates] == [second]


def test_observe_prefers_the_item_under_the_epic_that_stays_when_two_runs_made_two(
    gitlab: FakeGitLab,
) -> None:
    kept, other = make_epic(gitlab), make_epic(gitlab)
    make(gitlab, "kick-off", other)
    twin = make(gitlab, "kick-off", kept)
    alone = make(gitlab, "log", other)
    found = observe(gitlab, ENGAGEMENT, PROCESS).snapshot
    assert found.epic
    assert found.epic.gid == kept
    assert {item.gid: item.is_detached for item in found.children} == {twin: False, alone: True}
    assert {item.key for item in found.duplicates} == {"epic", "kick-off"}


def test_observe_ignores_the_copy_that_a_move_leaves(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", epic, is_moved=True, is_open=False)
    assert keys(observe(gitlab, ENGAGEMENT, PROCESS)) == {"epic"}


def test_observe_finds_an_item_that_a_person_took_out_of_the_epic(gitlab: FakeGitLab) -> None:
    make_epic(gitlab)
    make(gitlab, "kick-off", None)
    (child,) = observe(gitlab, ENGAGEMENT, PROCESS).snapshot.children
    assert child.is_detached


def test_observe_takes_a_single_item_without_marker_for_the_item_it_was(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    bare = make(gitlab, "kick-off", epic, description="Marker gone.\n")
    (child,) = observe(gitlab, ENGAGEMENT, PROCESS).snapshot.children
    assert (child.key, child.gid, child.marker) == ("kick-off", bare, None)


def test_observe_does_not_guess_when_several_items_lost_their_marker(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", epic, description="One.\n")
    make(gitlab, "kick-off", epic, description="Two.\n")
    found = observe(gitlab, ENGAGEMENT, PROCESS)
    assert keys(found) == {"epic"}
    assert codes(found) == ["marker-ambiguous"]


def test_observe_numbers_a_persons_change_request_with_the_lowest_free_number(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "change-request/1", epic)
    make(gitlab, "change-request/3", epic, is_open=False)
    new = make(gitlab, "change-request", epic, Author("zoe"), description="More hours, please.\n")
    found = observe(gitlab, ENGAGEMENT, PROCESS)
    assert {item.key: item.gid for item in found.snapshot.children}["change-request/2"] == new
    make(gitlab, "change-request", None, Author("ada"), description="Mine.\n")
    assert len(observe(gitlab, ENGAGEMENT, PROCESS).snapshot.children) == 3


def test_with_human_activity_marks_what_people_have_edited(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    alone = make(gitlab, "kick-off", epic)
    worked = make(gitlab, "log", epic)
    gitlab.person_edits(worked, "paul", labels=frozenset({"ps-kind::log", "ps-state::doing"}))
    found = observe(gitlab, ENGAGEMENT, PROCESS)
    told = with_human_activity(gitlab, found, GROUP, found.snapshot.children, PROCESS)
    assert {item.gid: item.human_activity for item in told.snapshot.children} == {
        alone: HumanActivity.NO,
        worked: HumanActivity.YES,
    }


def test_observe_takes_no_item_that_the_customer_sees_for_an_internal_one(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    kick_off = make(gitlab, "kick-off", epic)
    log = make(gitlab, "log", epic)
    gitlab.person_edits(kick_off, "ada", description=marked("log"))
    found = observe(gitlab, ENGAGEMENT, PROCESS)
    assert {item.key: item.gid for item in found.snapshot.children} == {"log": log}
    assert found.snapshot.duplicates == ()
    assert codes(found) == ["misplaced"]


def test_observe_gives_no_internal_marker_to_an_item_that_the_customer_sees(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", epic, description="Words.\n", labels=frozenset({"ps-kind::engagement-log"}))
    assert keys(observe(gitlab, ENGAGEMENT, PROCESS)) == {"epic"}


def test_observe_counts_an_internal_item_in_the_shared_project_when_the_file_has_no_other(
    gitlab: FakeGitLab,
) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "log", epic)
    make(gitlab, "kick-off", epic, namespace=INTERNAL)
    only = replace(ENGAGEMENT, gitlab=replace(ENGAGEMENT.gitlab, project=INTERNAL))
    assert keys(observe(gitlab, only, PROCESS)) == {"epic", "log", "kick-off"}


def test_observe_disputes_no_item_that_carries_the_marker_of_the_epic(gitlab: FakeGitLab) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", epic, description=marked("epic"))
    found = observe(gitlab, ENGAGEMENT, PROCESS)
    assert found.snapshot.untrusted == frozenset()
    assert codes(found) == ["misplaced"]


def test_observe_ignores_items_in_other_projects_unless_they_are_below_the_epic(
    gitlab: FakeGitLab,
) -> None:
    epic = make_epic(gitlab)
    make(gitlab, "kick-off", None, namespace="acme/delivery/of-another-customer")
    make(gitlab, "intake-aws", epic, namespace="acme/delivery/third")
    found = observe(gitlab, ENGAGEMENT, PROCESS)
    assert keys(found) == {"epic", "intake-aws"}
    assert codes(found) == ["misplaced"]


def test_observe_stops_when_marked_items_without_an_epic_are_in_other_projects(gitlab: FakeGitLab) -> None:
    make(gitlab, "kick-off", None, namespace="acme/delivery/old")
    with pytest.raises(GitLabError, match="no epic"):
        observe(gitlab, ENGAGEMENT, PROCESS)


def test_observe_takes_no_open_issue_for_an_internal_one_when_internal_items_are_confidential(
    gitlab: FakeGitLab,
) -> None:
    epic = make_epic(gitlab)
    kick_off = make(gitlab, "kick-off", epic)
    log = make(gitlab, "log", epic, namespace=SHARED, confidential=True)
    gitlab.person_edits(kick_off, "ada", description=marked("log"))
    only = replace(ENGAGEMENT, gitlab=replace(ENGAGEMENT.gitlab, internal_project=None))
    found = observe(gitlab, only, PROCESS)
    assert {item.key: item.gid for item in found.snapshot.children} == {"log": log}
    assert codes(found) == ["misplaced"]
