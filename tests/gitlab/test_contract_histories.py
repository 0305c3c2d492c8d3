"""The contract of the ports, histories and comments: adapter and fake behave alike."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from psbot.apply.item_update import has_changed
from psbot.core.model.labels import LabelDelta
from psbot.core.model.operations import Relabel
from psbot.core.model.work_item import Author, to_item
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.values import (
    Dates,
    NewNote,
    NoteEdit,
    PageRequest,
)
from tests.gitlab.contract_steps import (
    BOT,
    CALL_KIND,
    DONE,
    ENDS,
    KICK_OFF,
    MISSING,
    TODO,
    clear_refusal,
    gid,
    made,
    seen,
    update,
)
from tests.gitlab.stages import Stage
from tests.support.builders import GROUP, INTERNAL, SHARED


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


def test_history_has_who_labelled_closed_and_reopened_an_item_oldest_first(
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


def test_whole_history_also_has_comments_and_edits_of_text(stage: Stage, labels: Mapping[str, str]) -> None:
    item, other = made(stage, SHARED, "item", labels=(labels[TODO],)), made(stage, INTERNAL, "other")
    stage.describe(item, "maria", "Words of Maria")
    stage.comment(item, "maria", "added ~1 label")
    stage.close(item, "maria")
    found = stage.reader().fetch_whole_histories(GROUP, [item, other, MISSING], labels)
    assert set(found) == {item, other}
    history = found[item]
    assert history.notes is not None
    by_maria = [act for act in history.notes if act.author == Author("maria")]
    description, comment, *closing = by_maria  # closing may leave a second note, about the status
    assert (description.is_system, comment.is_system) == (True, False)
    assert closing
    assert all(act.is_system for act in closing)
    assert [act.at for act in history.notes] == sorted(act.at for act in history.notes)
    assert not any(act.is_mention for act in history.notes)
    assert [(each.title, each.item) for each in history.labels] == [(TODO, item)]
    assert [each.is_open for each in history.states] == [False]
    assert (history.has_all_events, history.has_all_notes) == (True, True)


def test_list_has_the_newest_note_on_request(stage: Stage) -> None:
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


def test_list_with_newest_notes_omits_fields_that_staleness_does_not_need(
    stage: Stage, labels: Mapping[str, str]
) -> None:
    item = made(stage, SHARED, "item", labels=(labels[TODO],), start_on=KICK_OFF, due_on=ENDS)
    update(stage, item, is_open=False)
    (page,) = stage.reader().fetch_pages(GROUP, [PageRequest(ItemList.BY_ID, (item,), with_newest_note=True)])
    (found,), (whole,) = page.items, seen(stage, item)
    assert (found.closed_at, found.label_gids) == (None, {})
    assert found.url == whole.url, "findings give the address of an item"
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
