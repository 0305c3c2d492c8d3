"""GitLab's system notes about labels and closing, read back into events."""

from datetime import UTC, datetime

import pytest

from psbot.core.model.history import History
from psbot.core.model.work_item import Author
from psbot.gitlab.system_notes import SystemNote, parse_history

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
MARIA = Author("maria")
TITLES = {"1": "todo", "2": "doing", "3": "done"}


def read(body: str, action: str | None = "label") -> History:
    return parse_history("call", [SystemNote(body, action, MARIA, AT)], TITLES, is_complete=True)


@pytest.mark.parametrize(
    ("body", "events"),
    [
        ("added ~1 label", [("todo", True)]),
        ("added ~1 ~2 labels", [("todo", True), ("doing", True)]),
        ("removed ~3 label", [("done", False)]),
        ("added ~2 scoped label and automatically removed ~1 label", [("todo", False), ("doing", True)]),
        ("added ~2 label and removed ~1 ~3 labels", [("todo", False), ("done", False), ("doing", True)]),
        ("added acme~2 label", [("doing", True)]),
        ("added acme/labels~2 label and removed labels/ps~1 label", [("todo", False), ("doing", True)]),
        ("added labels/removed-label~2 scoped label", [("doing", True)]),
        ("removed ~1 scoped label", [("todo", False)]),
        ("added ~99 label", []),
        ("added ~1 deleted label", [("todo", True)]),
        ("removed 2 deleted labels", []),
    ],
)
def test_label_note_is_its_events(body: str, events: list[tuple[str, bool]]) -> None:
    for action in ("label", None):
        found = read(body, action)
        assert [(each.title, each.is_added) for each in found.labels] == events
        assert all((each.author, each.at, each.item) == (MARIA, AT, "call") for each in found.labels)
        assert found.has_all_events


@pytest.mark.parametrize("body", ["hat ~1 hinzugefügt", "", 'added ~"todo" label', "added ~1 label, or so"])
def test_label_note_in_words_that_psbot_does_not_know_makes_the_history_incomplete(body: str) -> None:
    assert not read(body).has_all_events


@pytest.mark.parametrize(
    ("body", "action", "is_open"),
    [
        ("closed", "closed", False),
        ("closed via merge request !1", "closed", False),
        ("reopened", "opened", True),
        ("reopened", None, True),
        ("closed", None, False),
    ],
)
def test_state_note_is_its_event(body: str, action: str | None, is_open: bool) -> None:
    found = read(body, action)
    assert [(each.is_open, each.author) for each in found.states] == [(is_open, MARIA)]
    assert (found.labels, found.has_all_events) == ((), True)


def test_other_notes_are_nothing() -> None:
    found = read("changed the description", "description")
    assert (found.labels, found.states, found.has_all_events) == ((), (), True)
