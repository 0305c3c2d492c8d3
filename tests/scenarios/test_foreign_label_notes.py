"""Label notes in words that psbot does not know: their events are read by REST instead."""

from collections.abc import Callable

import pytest

from psbot.core.notices.unreadable import UNREADABLE
from psbot.sandbox.faults.faults import Fault, FaultKind
from psbot.sandbox.rules import labels
from psbot.sandbox.state.labels import Label
from tests.scenarios.driver import ACME, Story
from tests.scenarios.people import Person

People = Callable[[str], Person]


@pytest.fixture(autouse=True)
def foreign_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sandbox word label notes in another language."""

    def word(added: list[Label], removed: list[Label]) -> str:
        return " ".join(f"hat ~{label.id} geändert" for label in (*added, *removed))

    monkeypatch.setattr(labels, "_label_note", word)


def _reads_label_history(story: Story) -> bool:
    log = story.control("GET", "/requests")["requests"]
    return any("resource_label_events" in each["path"] for each in log)


def test_history_is_read_by_rest_when_the_words_of_its_notes_are_unknown(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").labels("kick-off", add="ps-state::in-progress", remove="ps-state::todo")
    row = when.looked_for_stale(on="2027-01-15")
    assert row.engagement == ACME
    assert _reads_label_history(then)
    assert row.unchecked == ()
    assert not row.has_unreadable
    assert row.stale


def test_finding_names_the_items_when_rest_does_not_show_their_events_either(
    given: Story, when: Story
) -> None:
    given.applied("acme-aws")
    fault = Fault(FaultKind.STATUS, path="resource_label_events", status=403, times=None)
    given.sandbox.gate.faults.add(fault)
    row = when.looked_for_stale(on="2027-01-15")
    assert row.has_unreadable
    assert {each.item for each in row.findings if each.code == UNREADABLE}
