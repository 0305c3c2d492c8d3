"""A sandbox with one behaviour broken at a time: the probe names exactly the expectation that is not met."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from psbot.sandbox.graphql_api import filters, inputs, mutations, places
from psbot.sandbox.graphql_api.schema import schema
from psbot.sandbox.rest_api import events
from psbot.sandbox.rules import item_changes, item_validation, items, labels, notes, quick_actions, references
from psbot.sandbox.rules.refusals import Forbidden, Invalid, NotFound
from psbot.sandbox.state.model import ItemType, WorkItem
from tests.doctor.probing import not_met, probed, scratch_world

Patch = pytest.MonkeyPatch
_REAL_EXTRACT = quick_actions.extract


def _after_creation(patch: Patch, change: Callable[[WorkItem], None]) -> None:
    real = items.create_item

    def create_item(*args: Any, **more: Any) -> WorkItem:
        item = real(*args, **more)
        change(item)
        return item

    patch.setattr(mutations, "create_item", create_item)


def _scoped_labels_stay(patch: Patch) -> None:
    patch.setattr(items, "enforce_scopes", lambda _world, wanted, _added: list(wanted))


def _run_although_escaped(text: str) -> Any:
    return _REAL_EXTRACT(re.sub(r"[\\\u2060]+/", "/", text))


def _escaped_action_runs_in_description(patch: Patch) -> None:
    patch.setattr(items, "quick_actions", SimpleNamespace(extract=_run_although_escaped))


def _escaped_action_runs_in_note(patch: Patch) -> None:
    patch.setattr(notes, "quick_actions", SimpleNamespace(extract=_run_although_escaped))


def _escaped_reference_mentions(patch: Patch) -> None:
    real = references.add_cross_references

    def add(world: Any, user: Any, item: Any, text: str) -> None:
        real(world, user, item, re.sub(r"[\\\u2060]", "", text))

    patch.setattr(references, "add_cross_references", add)


def _unknown_labels_are_refused(patch: Patch) -> None:
    real = inputs.visible_labels

    def visible(ctx: Any, namespace: Any, numbers: Iterable[str]) -> Any:
        wanted = list(numbers)
        found = real(ctx, namespace, wanted)
        if len(found) < len(wanted):
            raise Invalid("Label not found")
        return found

    patch.setattr(inputs, "visible_labels", visible)


def _epic_dates_follow_children(patch: Patch) -> None:
    def inherit(item: WorkItem) -> None:
        if item.parent is not None and item.due_on:
            item.parent.due_on = item.due_on

    _after_creation(patch, inherit)


def _strangers_are_assigned(patch: Patch) -> None:
    def assign(_world: Any, _user: Any, item: WorkItem, people: Sequence[Any]) -> None:
        item.assignees = list(people)

    patch.setattr(items, "_write_assignees", assign)


def _notes_cannot_be_edited(patch: Patch) -> None:
    def refuse(*_: Any) -> None:
        raise Forbidden("403 Forbidden")

    patch.setattr(notes, "_require_can_edit", refuse)


def _label_notes_are_worded_otherwise(patch: Patch) -> None:
    real = references.add_system_note

    def add(world: Any, item: Any, user: Any, body: str, action: str, **more: Any) -> Any:
        return real(world, item, user, body.replace("added", "hinzugefügt:"), action, **more)

    patch.setattr(labels, "add_system_note", add)


def _counts_are_wrong(patch: Patch) -> None:
    field = schema().type_map["WorkItemConnection"].fields["count"]  # type: ignore[attr-defined]
    patch.setattr(field, "resolve", lambda shown, _info, **_: len(shown.all_nodes) + 1)


def _parents_do_not_filter(patch: Patch) -> None:
    real = filters.parse_filter
    patch.setattr(places, "parse_filter", lambda arguments: replace(real(arguments), parents=None))


def _label_filter_is_ignored(patch: Patch) -> None:
    real = filters.parse_filter
    patch.setattr(places, "parse_filter", lambda arguments: replace(real(arguments), labels=None))


def _titles_do_not_move_updated_at(patch: Patch) -> None:
    real = items._write_texts

    def write(world: Any, user: Any, item: WorkItem, change: Any) -> None:
        if change.title is not None:
            item.updated_at = item.created_at
        real(world, user, item, change)

    patch.setattr(items, "_write_texts", write)


def _comments_are_stripped(patch: Patch) -> None:
    def extract(text: str) -> Any:
        return _REAL_EXTRACT(re.sub(r"\A<!--.*?-->\s*", "", text))

    patch.setattr(items, "quick_actions", SimpleNamespace(extract=extract))


def _words_are_changed(patch: Patch) -> None:
    def extract(text: str) -> Any:
        return _REAL_EXTRACT(re.sub(r"^## ", "# ", text, flags=re.MULTILINE))

    patch.setattr(items, "quick_actions", SimpleNamespace(extract=extract))


def _long_titles_are_cut(patch: Patch) -> None:
    def cut(item: WorkItem) -> None:
        item.title = item.title[:200]

    _after_creation(patch, cut)


def _confidential_is_ignored(patch: Patch) -> None:
    def show(item: WorkItem) -> None:
        item.confidential = False

    _after_creation(patch, show)


def _closed_items_stay_closed(patch: Patch) -> None:
    real = items._set_state

    def set_state(world: Any, user: Any, item: WorkItem, *, is_open: bool) -> None:
        if not is_open:
            real(world, user, item, is_open=is_open)

    patch.setattr(items, "_set_state", set_state)


def _children_close_with_their_epic(patch: Patch) -> None:
    real = items._set_state

    def set_state(world: Any, user: Any, item: WorkItem, *, is_open: bool) -> None:
        real(world, user, item, is_open=is_open)
        for child in item.children:
            child.is_open = is_open

    patch.setattr(items, "_set_state", set_state)


def _any_order_of_dates_is_accepted(patch: Patch) -> None:
    patch.setattr(item_validation, "validate_dates", lambda _item, _change: None)


def _taken_titles_are_accepted(patch: Patch) -> None:
    real = labels.create_shadowing_label

    def create(world: Any, user: Any, namespace: Any, title: str, color: str, **more: Any) -> Any:
        return world.find_label(namespace, title) or real(world, user, namespace, title, color, **more)

    patch.setattr(mutations, "create_shadowing_label", create)


def _label_events_are_hidden(patch: Patch) -> None:
    def refuse(*_: Any) -> None:
        raise NotFound("404 Not found")

    patch.setattr(events, "paginate", refuse)


def _confidential_filter_is_ignored(patch: Patch) -> None:
    real = filters.parse_filter
    patch.setattr(places, "parse_filter", lambda arguments: replace(real(arguments), confidential=None))


BROKEN: dict[str, Callable[[Patch], None]] = {
    "labels-of-a-scope-exclude-each-other": _scoped_labels_stay,
    "escaped-quick-actions-in-descriptions-do-not-run": _escaped_action_runs_in_description,
    "escaped-quick-actions-in-notes-do-not-run": _escaped_action_runs_in_note,
    "escaped-references-are-no-mentions": _escaped_reference_mentions,
    "unknown-label-ids-are-dropped": _unknown_labels_are_refused,
    "epic-dates-are-fixed": _epic_dates_follow_children,
    "assignees-without-access-are-dropped": _strangers_are_assigned,
    "own-notes-can-be-edited": _notes_cannot_be_edited,
    "label-notes-are-readable": _label_notes_are_worded_otherwise,
    "label-events-are-shown-by-rest": _label_events_are_hidden,
    "counts-of-lists-are-exact": _counts_are_wrong,
    "children-are-listed-by-parent": _parents_do_not_filter,
    "items-are-listed-by-label-scope": _label_filter_is_ignored,
    "updated-at-moves-with-titles": _titles_do_not_move_updated_at,
    "marker-comments-are-kept": _comments_are_stripped,
    "descriptions-come-back-word-for-word": _words_are_changed,
    "titles-of-255-characters-are-kept": _long_titles_are_cut,
    "confidential-items-are-created": _confidential_is_ignored,
    "confidential-items-are-listed-apart": _confidential_filter_is_ignored,
    "closed-items-can-be-reopened": _closed_items_stay_closed,
    "closing-an-epic-leaves-its-children": _children_close_with_their_epic,
    "due-dates-before-start-dates-are-refused": _any_order_of_dates_is_accepted,
    "taken-label-titles-are-refused": _taken_titles_are_accepted,
}


@pytest.mark.parametrize("name", BROKEN)
def test_probe_names_exactly_the_broken_behaviour(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = scratch_world()
    # Another item of the group, which no list of the probe shows.
    bot = world.users["psbot-bot"]
    items.create_item(
        world,
        bot,
        world.namespaces["acme/delivery/project"],
        ItemType.ISSUE,
        item_changes.ItemChange(title="Theirs", description="Of people"),
    )
    BROKEN[name](monkeypatch)
    report = probed(world)
    assert not_met(report) == [name]
    assert [item.title for item in world.items.values() if item.title == "Theirs"] == ["Theirs"]
