"""What both ports promise, specified once and held by the fake, the adapter and the sandbox alike."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from psbot.apply.item_update import has_changed
from psbot.core.model.labels import LabelDelta, LabelSpec
from psbot.core.model.operations import Relabel
from psbot.core.model.work_item import Author, WorkItem, to_item
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.values import (
    Dates,
    ItemUpdate,
    Membership,
    NamespaceAccess,
    NewItem,
    NewNote,
    NoteEdit,
    Page,
    PageRequest,
    WriteResult,
)
from tests.gitlab.stages import STAGES, Stage
from tests.support.builders import GROUP, INTERNAL, LABEL_GROUP, SHARED

BOT = Author("psbot-bot", is_machine=True)
KICK_OFF, ENDS = date(2026, 12, 1), date(2027, 2, 26)
MISSING = "gid://gitlab/WorkItem/987654"
TODO, DOING, DONE = "ps-state::todo", "ps-state::doing", "ps-state::done"
EPIC_KIND, CALL_KIND = "ps-kind::engagement", "ps-kind::call"


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with STAGES[request.param]() as made:
        yield made


@pytest.fixture
def labels(stage: Stage) -> Mapping[str, str]:
    """Global ids of some labels, made through the port."""
    titles = (TODO, DOING, DONE, EPIC_KIND, CALL_KIND, "plain")
    specs = [LabelSpec(title, "#1f75cb", f"means {title}") for title in titles]
    return dict(zip(titles, map(gid, stage.writer.create_labels(LABEL_GROUP, specs)), strict=True))


def gid(written: WriteResult) -> str:
    assert written.refusal is None
    assert written.gid
    return written.gid


def place(stage: Stage, path: str) -> NamespaceAccess:
    found = stage.reader().fetch_access(GROUP, [SHARED, INTERNAL], LABEL_GROUP)
    seen = found.group if path == GROUP else found.projects[path]
    assert seen
    return seen


def new(stage: Stage, path: str, title: str, **fields: Any) -> NewItem:
    item_type = place(stage, path).item_type_gid
    assert item_type
    base: dict[str, Any] = {"description": f"About {title}", "labels": ()}
    return NewItem(path, item_type, title, is_epic=path == GROUP, **base | fields)


def made(stage: Stage, path: str, title: str, **fields: Any) -> str:
    (written,) = stage.writer.create_items([new(stage, path, title, **fields)])
    return gid(written)


def seen(stage: Stage, *gids: str) -> list[WorkItem]:
    (page,) = stage.reader().fetch_pages(GROUP, [PageRequest(ItemList.BY_ID, gids)])
    return list(page.items)


def update(stage: Stage, wanted: str, **fields: Any) -> WorkItem:
    (written,) = stage.writer.update_items([ItemUpdate(wanted, **fields)])
    assert gid(written) == wanted
    (found,) = seen(stage, wanted)
    return found


def clear_refusal(written: WriteResult) -> str:
    assert written.refusal
    assert (written.gid, written.is_unclear) == (None, False)
    return written.refusal


# Access


def test_access_tells_account_roles_types_and_labels(stage: Stage, labels: Mapping[str, str]) -> None:
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


def test_access_has_no_type_for_epics_when_the_edition_lacks_them(stage: Stage) -> None:
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


def test_writes_are_refused_clearly_when_the_account_lacks_the_role(stage: Stage) -> None:
    epic, internal = new(stage, GROUP, "epic"), new(stage, INTERNAL, "internal")
    shared = new(stage, SHARED, "shared")
    stage.join_only(SHARED, 30)
    first, second, third = stage.writer.create_items([epic, internal, shared])
    clear_refusal(first)
    clear_refusal(second)
    assert [each.title for each in seen(stage, gid(third))] == ["shared"]


# Lists


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


def test_audiences_tell_who_reads_a_project_and_leave_out_what_is_not_seen(stage: Stage) -> None:
    found = stage.reader().fetch_audiences([SHARED, INTERNAL, "acme/nowhere"])
    assert set(found) == {SHARED, INTERNAL}
    assert found[INTERNAL].is_private
    readers = {each.username for each in found[INTERNAL].members}
    assert readers >= {"maria", "paul", BOT.username}
    assert "ada" not in readers
    assert BOT in found[INTERNAL].members


# People


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


# Creation


def test_epic_and_children_are_made_whole(stage: Stage, labels: Mapping[str, str]) -> None:
    people = stage.reader().fetch_accounts(["maria", "paul"], []).gids
    epic = made(
        stage,
        GROUP,
        "Acme Corp: SOW-1",
        labels=(labels[EPIC_KIND],),
        start_on=KICK_OFF,
        due_on=ENDS,
    )
    wanted = [
        new(stage, SHARED, "Kick-off", labels=(labels[TODO], labels[CALL_KIND]), due_on=KICK_OFF, parent=epic)
        for _ in range(2)
    ] + [new(stage, INTERNAL, "Log", assignees=(people["maria"],), parent=epic, confidential=True)]
    written = stage.writer.create_items(wanted)
    found = seen(stage, epic, *map(gid, written))
    assert [item.gid for item in found] == [epic, *map(gid, written)]
    assert [(item.iid, item.url) for item in found[1:]] == [(each.iid, each.url) for each in written]
    assert [item.iid for item in found] == [1, 1, 2, 1]
    assert [item.author for item in found] == [BOT] * 4
    assert [item.is_epic for item in found] == [True, False, False, False]
    assert [item.parent for item in found] == [None, epic, epic, epic]
    assert [item.namespace for item in found] == [GROUP, SHARED, SHARED, INTERNAL]
    assert [item.assignees for item in found] == [(), (), (), ("maria",)]
    assert [item.confidential for item in found] == [False, False, False, True]
    assert (found[0].title, found[0].description) == ("Acme Corp: SOW-1", "About Acme Corp: SOW-1")
    assert (found[0].start_on, found[0].due_on) == (KICK_OFF, ENDS)
    assert (found[1].start_on, found[1].due_on) == (None, KICK_OFF)
    assert found[1].label_gids == {title: labels[title] for title in (TODO, CALL_KIND)}
    assert found[1].labels == {TODO, CALL_KIND}
    assert all(item.is_open and not item.is_moved for item in found)


def test_dates_of_an_epic_are_fixed_whatever_its_children_have(stage: Stage) -> None:
    epic = made(stage, GROUP, "epic", start_on=KICK_OFF, due_on=KICK_OFF)
    made(stage, SHARED, "child", start_on=date(2026, 11, 1), due_on=ENDS, parent=epic)
    assert [(item.start_on, item.due_on) for item in seen(stage, epic)] == [(KICK_OFF, KICK_OFF)]
    changed = update(stage, epic, dates=Dates(None, date(2027, 1, 15), is_fixed=True))
    assert (changed.start_on, changed.due_on) == (None, date(2027, 1, 15))


def test_assignee_is_dropped_without_a_word_when_not_a_member(stage: Stage) -> None:
    ada = stage.reader().fetch_accounts(["ada"], []).gids["ada"]
    internal = made(stage, INTERNAL, "internal", assignees=(ada,))
    shared = made(stage, SHARED, "shared", assignees=(ada,))
    assert [item.assignees for item in seen(stage, internal, shared)] == [(), ("ada",)]


def test_label_is_dropped_without_a_word_when_it_is_not_there(
    stage: Stage, labels: Mapping[str, str]
) -> None:
    gone = "gid://gitlab/GroupLabel/98765"
    item = made(stage, SHARED, "item", labels=(gone, labels[TODO]))
    assert update(stage, item, add_labels=(gone, labels[CALL_KIND])).labels == {TODO, CALL_KIND}


def test_one_of_a_scope_stays_when_a_new_item_is_given_two(stage: Stage, labels: Mapping[str, str]) -> None:
    item = made(stage, SHARED, "item", labels=(labels[TODO], labels[DOING], labels["plain"]))
    assert [each.labels for each in seen(stage, item)] == [{DOING, "plain"}]


def test_one_is_refused_and_the_others_are_made_when_a_batch_has_a_title_too_long(stage: Stage) -> None:
    titles = ("first", "x" * 256, "third", "y" * 255)
    written = stage.writer.create_items([new(stage, SHARED, title) for title in titles])
    assert "too long" in clear_refusal(written[1])
    made_now = [gid(written[number]) for number in (0, 2, 3)]
    assert [item.title for item in seen(stage, *made_now)] == ["first", "third", "y" * 255]


# Changes


def test_title_description_and_dates_change_and_nothing_else(stage: Stage, labels: Mapping[str, str]) -> None:
    item = made(stage, SHARED, "before", labels=(labels[TODO],), due_on=KICK_OFF)
    (before,) = seen(stage, item)
    after = update(stage, item, title="after", description="New words", dates=Dates(KICK_OFF, ENDS))
    assert (after.title, after.description) == ("after", "New words")
    assert (after.start_on, after.due_on) == (KICK_OFF, ENDS)
    assert (after.labels, after.iid, after.url, after.is_open) == (
        before.labels,
        before.iid,
        before.url,
        True,
    )
    assert update(stage, item, dates=Dates(None, None)).due_on is None


def test_labels_change_by_a_delta_and_a_scope_keeps_the_one_added(
    stage: Stage, labels: Mapping[str, str]
) -> None:
    item = made(stage, SHARED, "item", labels=(labels[TODO], labels["plain"]))
    assert update(stage, item, add_labels=(labels[DOING],)).labels == {DOING, "plain"}
    delta = {
        "add_labels": (labels[DONE], labels[CALL_KIND]),
        "remove_labels": (labels[DOING], labels["plain"]),
    }
    assert update(stage, item, **delta).labels == {DONE, CALL_KIND}
    assert update(stage, item, remove_labels=(labels[TODO],)).labels == {DONE, CALL_KIND}


def test_item_is_closed_and_opened_again(stage: Stage) -> None:
    item = made(stage, SHARED, "item")
    assert not update(stage, item, is_open=False).is_open
    assert not update(stage, item, is_open=False, title="again").is_open
    assert update(stage, item, is_open=True).is_open


def test_assignees_are_replaced_and_taken_away(stage: Stage) -> None:
    people = stage.reader().fetch_accounts(["maria", "paul"], []).gids
    item = made(stage, SHARED, "item", assignees=(people["maria"],))
    assert update(stage, item, assignees=(people["paul"],)).assignees == ("paul",)
    assert update(stage, item, title="other").assignees == ("paul",)
    assert update(stage, item, assignees=()).assignees == ()


def test_item_is_put_under_an_epic_and_under_another(stage: Stage) -> None:
    first, second = (made(stage, GROUP, title) for title in ("first", "second"))
    item = made(stage, INTERNAL, "item")
    for epic in (first, second):
        assert update(stage, item, parent=epic).parent == epic
    for epic, children in ((first, []), (second, [item])):
        (page,) = stage.reader().fetch_pages(GROUP, [PageRequest(ItemList.CHILDREN, (epic,))])
        assert [each.gid for each in page.items] == children


def test_one_is_refused_and_the_others_change_when_an_item_is_not_there(stage: Stage) -> None:
    item = made(stage, SHARED, "item")
    first, second, third = stage.writer.update_items(
        [ItemUpdate(MISSING, title="x"), ItemUpdate(item, title="changed"), ItemUpdate(item, title="z" * 256)]
    )
    assert "permission" in clear_refusal(first)
    assert gid(second) == item
    assert "too long" in clear_refusal(third)
    assert [each.title for each in seen(stage, item)] == ["changed"]


# Labels and notes


def test_label_is_refused_when_it_exists_and_the_others_are_made(
    stage: Stage, labels: Mapping[str, str]
) -> None:
    specs = [LabelSpec(title, "#1f75cb", "again") for title in (TODO, "ps-state::blocked")]
    exists, made_now = stage.writer.create_labels(LABEL_GROUP, specs)
    assert "taken" in clear_refusal(exists)
    assert stage.reader().fetch_labels(LABEL_GROUP) == {**labels, "ps-state::blocked": gid(made_now)}


def test_note_is_an_act_of_the_account_and_no_system_note(stage: Stage) -> None:
    item, epic = made(stage, INTERNAL, "item"), made(stage, GROUP, "epic")
    before = stage.reader().fetch_activity(GROUP, [item, epic, MISSING])
    assert set(before) == {item, epic}
    notes = [NewNote(item, "Hello", internal=True), NewNote(MISSING, "Hello"), NewNote(epic, "Hello")]
    first, second, third = stage.writer.create_notes(notes)
    assert gid(first) != gid(third)
    assert "permission" in clear_refusal(second)
    after = stage.reader().fetch_activity(GROUP, [item, epic])
    for each in (item, epic):
        assert (after[each].created_by, after[each].created_at) == (BOT, before[each].created_at)
        assert after[each].has_all_notes
        said = [act for act in after[each].notes if not act.is_system]
        assert [act.author for act in said] == [BOT]
        assert said[0].at >= before[each].created_at


def test_activity_names_who_changed_an_item_and_its_description(stage: Stage) -> None:
    item = made(stage, SHARED, "item")
    assert stage.reader().fetch_activity(GROUP, [item])[item].edited_by is None
    stage.describe(item, "maria", "Words of Maria")
    found = stage.reader().fetch_activity(GROUP, [item])[item]
    assert found.edited_by == Author("maria")
    assert [act.author for act in found.notes if act.is_system][-1] == Author("maria")
    assert [each.description for each in seen(stage, item)] == ["Words of Maria"]


# Histories and comments


def test_moved_list_has_what_has_changed_since_an_instant_with_its_parent(stage: Stage) -> None:
    epic = made(stage, GROUP, "epic")
    child, other = made(stage, SHARED, "child", parent=epic), made(stage, INTERNAL, "other", parent=epic)
    last = max(each.updated_at for each in seen(stage, epic, child, other) if each.updated_at)
    stage.wait()
    since = (last + timedelta(seconds=1)).isoformat()
    assert stage.reader().fetch_pages(GROUP, [PageRequest(ItemList.UPDATED, (since,))])[0].summaries == ()
    stage.comment(child, "maria", "Fine.")
    (page,) = stage.reader().fetch_pages(GROUP, [PageRequest(ItemList.UPDATED, (since,))])
    assert [(each.gid, each.description, each.parent) for each in page.summaries] == [
        (child, "About child", epic)
    ]
    assert (page.items, page.total_count, page.next_cursor) == ((), 1, None)


def test_history_tells_who_labelled_closed_and_opened_an_item_oldest_first(
    stage: Stage, labels: Mapping[str, str]
) -> None:
    item = made(stage, SHARED, "item", labels=(labels[TODO],))
    update(stage, item, add_labels=(labels[DONE],), remove_labels=(labels[TODO],))
    stage.close(item, "maria")
    update(stage, item, is_open=True)
    found = stage.reader().fetch_histories(GROUP, {item: "kick-off", MISSING: "gone"}, labels)
    assert list(found) == [item]
    history = found[item]
    assert [(each.title, each.is_added, each.author) for each in history.labels] == [
        (TODO, True, BOT),
        (TODO, False, BOT),
        (DONE, True, BOT),
    ]
    assert [(each.is_open, each.author) for each in history.states] == [(False, Author("maria")), (True, BOT)]
    assert {each.item for each in history.labels} | {each.item for each in history.states} == {"kick-off"}
    assert history.has_all_events


def test_history_is_complete_when_other_things_happened_in_between(
    stage: Stage, labels: Mapping[str, str]
) -> None:
    item = made(stage, SHARED, "item", labels=(labels[TODO], labels["plain"]))
    stage.describe(item, "maria", "Words of Maria")
    stage.comment(item, "maria", "added ~1 label")
    update(stage, item, title="closed", dates=Dates(None, ENDS))
    history = stage.reader().fetch_histories(GROUP, {item: "kick-off"}, {TODO: labels[TODO]})[item]
    assert [(each.title, each.is_added) for each in history.labels] == [(TODO, True)], "of labels asked for"
    assert (history.states, history.has_all_events) == ((), True)


def test_whole_history_tells_also_who_wrote_and_who_changed_words(
    stage: Stage, labels: Mapping[str, str]
) -> None:
    item, other = made(stage, SHARED, "item", labels=(labels[TODO],)), made(stage, INTERNAL, "other")
    stage.describe(item, "maria", "Words of Maria")
    stage.comment(item, "maria", "added ~1 label")
    stage.close(item, "maria")
    found = stage.reader().fetch_whole_histories(GROUP, [item, other, MISSING], labels)
    assert set(found) == {item, other}
    history = found[item]
    assert history.notes is not None
    by_maria = [act for act in history.notes if act.author == Author("maria")]
    assert [act.is_system for act in by_maria] == [True, False, True]
    assert [act.at for act in history.notes] == sorted(act.at for act in history.notes)
    assert not any(act.is_mention for act in history.notes)
    assert [(each.title, each.item) for each in history.labels] == [(TODO, item)]
    assert [each.is_open for each in history.states] == [False]
    assert (history.has_all_events, history.has_all_notes) == (True, True)


def test_list_tells_the_newest_note_when_it_is_asked_for(stage: Stage) -> None:
    item = made(stage, SHARED, "item")
    plain = PageRequest(ItemList.BY_ID, (item,))
    (page,) = stage.reader().fetch_pages(GROUP, [plain])
    assert page.items[0].newest_note is None
    stage.comment(item, "maria", "First.")
    (page,) = stage.reader().fetch_pages(GROUP, [replace(plain, with_newest_note=True)])
    newest, seen = page.items[0].newest_note, page.items[0]
    assert newest is not None
    assert seen.created_at is not None
    assert seen.updated_at is not None
    assert (newest.username, newest.is_machine, newest.is_mention) == ("maria", False, False)
    assert seen.created_at <= newest.at <= seen.updated_at
    update(stage, item, title="Another")
    (page,) = stage.reader().fetch_pages(GROUP, [replace(plain, with_newest_note=True)])
    newest = page.items[0].newest_note
    assert newest is not None
    assert (newest.username, newest.is_machine) == (BOT.username, True)


def test_list_with_newest_notes_leaves_out_what_does_not_tell_how_long_an_item_has_been_quiet(
    stage: Stage, labels: Mapping[str, str]
) -> None:
    item = made(stage, SHARED, "item", labels=(labels[TODO],), start_on=KICK_OFF, due_on=ENDS)
    update(stage, item, is_open=False)
    (page,) = stage.reader().fetch_pages(GROUP, [PageRequest(ItemList.BY_ID, (item,), with_newest_note=True)])
    (found,), (whole,) = page.items, seen(stage, item)
    assert (found.url, found.closed_at, found.label_gids) == (None, None, {})
    assert whole.url
    assert whole.closed_at
    assert (set(found.labels), found.due_on, found.is_open) == ({TODO}, ENDS, False)
    flag = Relabel(to_item(found), LabelDelta(add=(CALL_KIND,)), "the call is stale")
    assert not has_changed([flag], whole), "nothing that a write compares may be left out"


def test_list_of_confidential_items_is_that_of_one_project(stage: Stage) -> None:
    made(stage, INTERNAL, "plain")
    made(stage, SHARED, "elsewhere", confidential=True)
    secret = [made(stage, INTERNAL, f"secret {number}", confidential=True) for number in range(3)]
    found: list[str] = []
    after = None
    for _ in range(2):
        (page,) = stage.reader(2).fetch_pages(INTERNAL, [PageRequest(ItemList.CONFIDENTIAL, cursor=after)])
        found += [each.gid for each in page.items]
        after = page.next_cursor
        assert page.total_count == 3
    assert (found, after) == (secret, None)


def test_comments_come_oldest_first_with_their_authors(stage: Stage) -> None:
    item, other = made(stage, SHARED, "item"), made(stage, INTERNAL, "other")
    stage.comment(item, "maria", "First.")
    (posted,) = stage.writer.create_notes([NewNote(item, "Second.")])
    found = stage.reader().fetch_comments(GROUP, [item, other, MISSING])
    assert [(each.body, each.author) for each in found[item]] == [
        ("First.", Author("maria")),
        ("Second.", BOT),
    ]
    assert found[item][1].gid == posted.gid
    assert (list(found[other]), MISSING in found) == ([], False)


def test_note_gets_new_words_and_one_that_is_not_there_is_refused(stage: Stage) -> None:
    item = made(stage, SHARED, "item")
    (posted,) = stage.writer.create_notes([NewNote(item, "Old.")])
    edits = [NoteEdit("gid://gitlab/Note/987654", "None."), NoteEdit(gid(posted), "New.")]
    refused, done = stage.writer.update_notes(edits)
    clear_refusal(refused)
    assert gid(done) == posted.gid
    (found,) = stage.reader().fetch_comments(GROUP, [item])[item]
    assert (found.body, found.author, found.edited_by) == ("New.", BOT, BOT)
