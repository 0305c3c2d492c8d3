"""The contract of the ports, access and lists: adapter and fake behave alike."""

from collections.abc import Mapping

import pytest

from psbot.core.model.labels import LabelSpec
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.values import (
    ItemUpdate,
    Membership,
    NewNote,
    Page,
    PageRequest,
)
from tests.gitlab.contract_steps import (
    BOT,
    CALL_KIND,
    EPIC_KIND,
    MISSING,
    TODO,
    clear_refusal,
    gid,
    made,
    new,
    place,
    seen,
)
from tests.gitlab.stages import Stage
from tests.support.builders import GROUP, INTERNAL, LABEL_GROUP, SHARED


def test_access_has_account_roles_types_and_labels(stage: Stage, labels: Mapping[str, str]) -> None:
    found = stage.reader().fetch_access(GROUP, [SHARED, INTERNAL], LABEL_GROUP)
    assert found.account.author == BOT
    assert found.account.gid.startswith("gid://gitlab/User/")
    assert found.group
    assert (found.group.path, found.group.access_level, found.group.is_archived) == (GROUP, 40, False)
    assert [(path, seen.access_level) for path, seen in found.projects.items() if seen] == [
        (SHARED, 40),
        (INTERNAL, 40),
    ]
    assert (
        place(stage, SHARED).item_type_gid
        == place(stage, INTERNAL).item_type_gid
        != found.group.item_type_gid
    )
    assert found.labels == stage.reader().fetch_labels(LABEL_GROUP) == labels
    assert found.label_group
    assert (found.label_group.path, found.label_group.access_level) == (LABEL_GROUP, 40)


def test_item_is_found_by_its_place_and_number_alone(stage: Stage, labels: Mapping[str, str]) -> None:
    wanted = made(stage, SHARED, "One", labels=(labels[TODO],))
    (one,) = seen(stage, wanted)
    reader = stage.reader()
    assert reader.fetch_item(SHARED, one.iid) == one
    assert one.labels == {TODO}
    assert reader.fetch_item(INTERNAL, one.iid) is None
    assert reader.fetch_item(SHARED, one.iid + 1) is None
    assert reader.fetch_item(f"{GROUP}/nowhere", one.iid) is None


def test_access_has_no_type_for_epics_when_the_edition_has_none(stage: Stage) -> None:
    stage.lose_epics()
    assert place(stage, GROUP).item_type_gid is None
    assert place(stage, SHARED).item_type_gid


def test_access_to_a_project_is_none_when_it_is_not_there(stage: Stage) -> None:
    found = stage.reader().fetch_access(GROUP, [SHARED, f"{GROUP}/nowhere"], LABEL_GROUP)
    assert found.projects[f"{GROUP}/nowhere"] is None
    assert found.projects[SHARED]


def test_access_shows_the_groups_above_without_a_role_when_the_account_is_in_one_project(
    stage: Stage,
) -> None:
    stage.join_only(SHARED, 30)
    found = stage.reader().fetch_access(GROUP, [SHARED, INTERNAL], LABEL_GROUP)
    assert found.group
    assert (found.group.access_level, place(stage, SHARED).access_level, found.projects[INTERNAL]) == (
        0,
        30,
        None,
    )


def test_nothing_is_seen_when_the_account_is_no_member(stage: Stage) -> None:
    stage.join_only(None)
    found = stage.reader().fetch_access(GROUP, [SHARED, INTERNAL], LABEL_GROUP)
    assert found.account.author == BOT
    assert (found.group, found.labels) == (None, None)
    assert found.projects == {SHARED: None, INTERNAL: None}
    assert stage.reader().fetch_labels(LABEL_GROUP) is None
    with pytest.raises(GitLabError):
        stage.reader().fetch_pages(GROUP, [PageRequest(ItemList.EPICS)])


def test_archived_project_is_seen_and_takes_nothing(stage: Stage) -> None:
    there = made(stage, INTERNAL, "before")
    item = new(stage, INTERNAL, "after")
    stage.archive(INTERNAL)
    assert [place(stage, path).is_archived for path in (SHARED, INTERNAL)] == [False, True]
    (refused,) = stage.writer.create_items([item])
    clear_refusal(refused)
    (refused,) = stage.writer.update_items([ItemUpdate(there, title="changed")])
    clear_refusal(refused)
    (refused,) = stage.writer.create_notes([NewNote(there, "too late")])
    clear_refusal(refused)
    assert [each.title for each in seen(stage, there)] == ["before"]


def test_writes_are_refused_clearly_when_the_account_does_not_have_the_role(stage: Stage) -> None:
    epic, internal = new(stage, GROUP, "epic"), new(stage, INTERNAL, "internal")
    shared = new(stage, SHARED, "shared")
    stage.join_only(SHARED, 30)
    first, second, third = stage.writer.create_items([epic, internal, shared])
    clear_refusal(first)
    clear_refusal(second)
    assert [each.title for each in seen(stage, gid(third))] == ["shared"]


def walk(stage: Stage, ask: PageRequest, size: int) -> list[Page]:
    pages = list(stage.reader(size).fetch_pages(GROUP, [ask]))
    while (after := pages[-1].next_cursor) is not None:
        pages += stage.reader(size).fetch_pages(GROUP, [PageRequest(ask.item_list, ask.filter_values, after)])
    return pages


def test_pages_go_on_until_everything_was_shown_oldest_first(stage: Stage) -> None:
    epic = made(stage, GROUP, "epic")
    children = [made(stage, (SHARED, INTERNAL)[n % 2], f"item {n}", parent=epic) for n in range(5)]
    pages = walk(stage, PageRequest(ItemList.CHILDREN, (epic,)), 2)
    assert [len(page.items) for page in pages] == [2, 2, 1]
    assert [item.gid for page in pages for item in page.items] == children
    assert {page.total_count for page in pages} == {5}


def test_page_is_the_last_when_the_list_ends_with_it(stage: Stage) -> None:
    epic = made(stage, GROUP, "epic")
    for number in range(2):
        made(stage, SHARED, f"item {number}", parent=epic)
    (page,) = walk(stage, PageRequest(ItemList.CHILDREN, (epic,)), 2)
    assert (page.total_count, page.next_cursor) == (2, None)


def test_lists_have_closed_items_too(stage: Stage) -> None:
    epic = made(stage, GROUP, "epic")
    child = made(stage, SHARED, "child", parent=epic)
    stage.writer.update_items([ItemUpdate(each, is_open=False) for each in (epic, child)])
    epics, children = stage.reader().fetch_pages(
        GROUP, [PageRequest(ItemList.EPICS), PageRequest(ItemList.CHILDREN, (epic,))]
    )
    assert [(item.gid, item.is_open) for item in (*epics.items, *children.items)] == [
        (epic, False),
        (child, False),
    ]


def test_labelled_list_is_of_both_projects_and_of_the_scope_alone(
    stage: Stage, labels: Mapping[str, str]
) -> None:
    epic = made(stage, GROUP, "epic", labels=(labels[EPIC_KIND],))
    shared = made(stage, SHARED, "shared", labels=(labels[CALL_KIND],))
    internal = made(stage, INTERNAL, "internal", labels=(labels[CALL_KIND], labels["plain"]))
    made(stage, INTERNAL, "state only", labels=(labels[TODO],))
    made(stage, SHARED, "no label")
    asks = [PageRequest(ItemList.EPICS), PageRequest(ItemList.LABELLED, ("ps-kind::*",))]
    epics, labelled = stage.reader().fetch_pages(GROUP, asks)
    assert [item.gid for item in epics.items] == [epic]
    assert [(brief.gid, brief.description) for brief in labelled.summaries] == [
        (epic, "About epic"),
        (shared, "About shared"),
        (internal, "About internal"),
    ]
    assert (labelled.total_count, labelled.items) == (3, ())


def test_labelled_list_is_empty_when_no_such_label_exists(stage: Stage) -> None:
    made(stage, SHARED, "no label")
    (page,) = stage.reader().fetch_pages(GROUP, [PageRequest(ItemList.LABELLED, ("ps-kind::*",))])
    assert (page.summaries, page.total_count, page.next_cursor) == ((), 0, None)


def test_named_list_leaves_out_what_is_not_there(stage: Stage) -> None:
    there = made(stage, SHARED, "there")
    assert [item.gid for item in seen(stage, MISSING, there)] == [there]


def test_labels_come_whole_when_they_fill_more_than_a_page(stage: Stage) -> None:
    titles = [f"scope::{number:03}" for number in range(105)]
    for start in range(0, len(titles), 15):
        specs = [LabelSpec(title, "#1f75cb", "") for title in titles[start : start + 15]]
        stage.writer.create_labels(LABEL_GROUP, specs)
    found = stage.reader().fetch_labels(GROUP)
    assert found is not None
    assert sorted(found) == titles


def test_audiences_list_readers_of_a_project_and_omit_hidden_projects(stage: Stage) -> None:
    found = stage.reader().fetch_audiences([SHARED, INTERNAL, "acme/nowhere"])
    assert set(found) == {SHARED, INTERNAL}
    assert found[INTERNAL].is_private
    readers = {each.username for each in found[INTERNAL].members}
    assert readers >= {"maria", "paul", BOT.username}
    assert "ada" not in readers
    assert BOT in found[INTERNAL].members


def test_people_are_known_unknown_or_blocked(stage: Stage) -> None:
    stage.block("paul")
    found = stage.reader().fetch_accounts(["maria", "paul", "nobody-at-all"], [])
    assert set(found.gids) == {"maria", "paul"}
    assert all(each.startswith("gid://gitlab/User/") for each in found.gids.values())
    assert (found.inactive, found.members) == (frozenset({"paul"}), frozenset())


def test_memberships_are_direct_or_inherited_and_the_customer_has_one_alone(stage: Stage) -> None:
    asked = [
        Membership(name, path, is_group=path == GROUP)
        for name in ("maria", "ada", "nobody-at-all")
        for path in (GROUP, SHARED, INTERNAL)
    ]
    found = stage.reader().fetch_accounts(["maria"], asked)
    assert found.members == {*asked[:3], Membership("ada", SHARED)}
