"""What changes in an item that exists: one field a test."""

from dataclasses import replace
from datetime import date

import pytest

from psbot.core.model.finding import Finding
from psbot.core.model.item import Item
from psbot.core.model.operations import Operation, Reassign, Redescribe, Relabel, Reschedule, Retitle
from psbot.core.plan.update import differing_sections, outdated_reason, plan_update, reattach
from psbot.core.records.ownership import KeptValue, field_memory
from psbot.core.text.marker import Marker
from tests.support.builders import GROUP, PROCESS, SHARED

KEY = "acme-sow-142"
SECTION = "<!-- psbot begin: overview -->\n{}\n<!-- psbot end: overview -->\n"


def item(text: str = "Text.\n", **changes: object) -> Item:
    """Return the kick-off as psbot wrote it: its marker remembers the fields."""
    base = Item(
        "kick-off",
        "kick-off",
        SHARED,
        "Kick-off: Acme",
        "",
        frozenset({"ps-kind::kick-off", "ps-state::todo"}),
        ("paul",),
        None,
        date(2026, 12, 1),
        iid=3,
    )
    return replace(base, description=f"{Marker(KEY, 'kick-off', field_memory(base))}\n{text}", **changes)  # type: ignore[arg-type]


def planned(desired: Item, observed: Item) -> list[Operation | KeptValue | Finding]:
    return list(plan_update(KEY, desired, observed, PROCESS))


def test_item_in_line_needs_nothing() -> None:
    assert planned(item(), item()) == []


def test_section_and_title_that_earlier_versions_escaped_differently_need_nothing() -> None:
    text = "Ask \\@maria, see \\#12, jane@acme.com, US\\$100-\\$200\n\\/close, a\\_b"
    earlier = (
        "Ask @\u2060maria, see #\u206012, jane@\u2060acme.com, US$\u2060100-$\u2060200\n\u2060/close, a\\_b"
    )
    desired = replace(item(SECTION.format(text)), title="Kick-off: jane@acme.com")
    observed = replace(item(SECTION.format(earlier)), title="Kick-off: jane@\u2060acme.com")
    assert planned(desired, observed) == []
    changed = replace(desired, description=desired.description.replace("maria", "petra"))
    (operation,) = planned(changed, observed)
    assert operation == Redescribe(
        observed,
        {"overview": f"{text.replace('maria', 'petra')}\n"},
        None,
        "section overview is out of date: 1 line differs",
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "Kick-off: Acme Corp"}, Retitle),
        ({"due_on": date(2026, 12, 2)}, Reschedule),
        ({"start_on": date(2026, 12, 1)}, Reschedule),
        ({"assignees": ("petra",)}, Reassign),
    ],
)
def test_field_follows_the_file_until_a_person_changes_it(
    changes: dict[str, object], expected: type[Operation]
) -> None:
    desired = replace(item(), **changes)  # type: ignore[arg-type]
    (operation,) = planned(desired, item())
    assert isinstance(operation, expected)
    assert operation.reason == "changed in the engagement file, not edited in GitLab"


def test_value_of_a_person_is_kept_with_both_values() -> None:
    (kept,) = planned(item(), item(due_on=date(2026, 12, 3)))
    assert isinstance(kept, KeptValue)
    assert (kept.field, kept.file, kept.gitlab) == ("due_on", "2026-12-01", "2026-12-03")


def test_kept_start_stays_when_the_due_date_follows() -> None:
    observed = item(start_on=date(2026, 11, 30))
    kept, operation = planned(item(due_on=date(2026, 12, 4)), observed)
    assert isinstance(kept, KeptValue)
    assert isinstance(operation, Reschedule)
    assert (operation.start_on, operation.due_on) == (date(2026, 11, 30), date(2026, 12, 4))


def test_kind_label_is_restored() -> None:
    (operation,) = planned(item(), item(labels=frozenset({"ps-state::todo"})))
    assert isinstance(operation, Relabel)
    assert operation.delta.add == ("ps-kind::kick-off",)
    assert operation.reason == "the kind label must be ps-kind::kick-off"


def test_removed_marker_is_restored() -> None:
    observed = replace(item(), description="Text.\n")
    *kept, operation = planned(item(), observed)
    assert isinstance(operation, Redescribe)
    assert all(isinstance(each, KeptValue) for each in kept)
    assert operation.reason == "the marker was removed"


def test_managed_section_is_rewritten_when_its_text_differs() -> None:
    (operation,) = planned(item(SECTION.format("ends 2026-12-02")), item(SECTION.format("ends  2026-12-01")))
    assert isinstance(operation, Redescribe)
    assert operation.sections == {"overview": "ends 2026-12-02\n"}
    assert operation.reason == "section overview is out of date: 1 line differs"
    assert planned(item(SECTION.format("the same")), item(SECTION.format("the  same"))) == []


def test_damaged_section_is_reported_and_left_alone() -> None:
    observed = item("<!-- psbot begin: overview -->\nends 2026-12-01\n")
    (finding,) = planned(item(SECTION.format("ends 2026-12-02")), observed)
    assert isinstance(finding, Finding)
    assert finding.code == "damaged-section"
    assert finding.message.startswith("The section overview of kick-off is missing its begin or end comment")


def test_reason_names_what_is_out_of_date() -> None:
    observed = item(SECTION.format("begins\nends 2026-12-01\n"))
    assert outdated_reason(observed, {}) == "the marker is out of date"
    one = {"overview": "begins\n\nends  2026-12-02\nits hours\n"}
    assert outdated_reason(observed, one) == "section overview is out of date: 2 lines differ"
    two = one | {"chart": "x"}
    assert outdated_reason(observed, two) == "sections chart, overview are out of date: 3 lines differ"


def test_missing_section_differs() -> None:
    assert differing_sections(item(), {"overview": "text\n"}) == {"overview": "text\n"}


def test_detached_item_becomes_a_child_of_the_epic_again() -> None:
    epic = Item("epic", "engagement", GROUP, "Acme", "", gid="gid://gitlab/WorkItem/1")
    (operation,) = reattach(item(is_detached=True), epic)
    assert (operation.parent, operation.reason) == (epic.gid, "not a child of the engagement's epic")
    assert list(reattach(item(), epic)) == list(reattach(item(is_detached=True), None)) == []
