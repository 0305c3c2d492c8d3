"""The contract of the ports, writes: adapter and fake behave alike."""

from collections.abc import Mapping
from datetime import date

from psbot.core.model.labels import LabelSpec
from psbot.core.model.work_item import Author
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.values import (
    Dates,
    ItemUpdate,
    NewNote,
    PageRequest,
)
from tests.gitlab.contract_steps import (
    BOT,
    CALL_KIND,
    DOING,
    DONE,
    ENDS,
    EPIC_KIND,
    KICK_OFF,
    MISSING,
    TODO,
    clear_refusal,
    gid,
    made,
    new,
    seen,
    update,
)
from tests.gitlab.stages import Stage
from tests.support.builders import GROUP, INTERNAL, LABEL_GROUP, SHARED


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
