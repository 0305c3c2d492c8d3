"""How change requests get from draft to approval as their fields are filled in."""

import pytest

from tests.core.workflow.change_requests import ONE, at, delivering_desk, opened, quiet
from tests.support.board import Desk


@pytest.fixture
def desk() -> Desk:
    return delivering_desk()


def test_request_that_says_all_goes_from_its_opening_to_approval_in_one_run(desk: Desk) -> None:
    opened(desk, Hours="+40", New_end_date="2027-03-26")
    desk.advance()
    assert at(desk) == (["change-order"], ["approval"])
    text = desk.item(ONE).description
    assert "| Reason | more budget is needed |" in text
    assert "| Hours sold | 160 → 200 |" in text
    assert "| Planned end | 2027-02-26 → 2027-03-26 |" in text
    assert "| Approver | maria |" in text
    assert quiet(desk)


def test_request_that_does_not_say_enough_stays_a_draft_and_names_what_is_missing(desk: Desk) -> None:
    opened(desk, Hours="", Situation="")
    desk.advance()
    assert at(desk) == ([], ["draft"])
    assert "| Missing fields | Hours, Situation |" in desk.item(ONE).description
    assert quiet(desk)
    desk.edit(ONE, lambda text: text + "Hours: 12\nSituation: overrun\n")
    desk.advance()
    assert at(desk) == (["work-exception"], ["approval"])
    assert quiet(desk)


def test_impact_is_worked_out_before_anybody_approves(desk: Desk) -> None:
    opened(desk, Hours="8", Quality="")
    desk.advance()
    assert at(desk) == (["change-order"], ["impact"])
    assert quiet(desk)
    desk.edit(ONE, lambda text: text.replace("- Scope", "- Quality: the same\n- Scope"))
    desk.advance()
    assert at(desk) == (["change-order"], ["approval"])


def test_line_that_cannot_be_read_is_reported_until_it_can(desk: Desk) -> None:
    opened(desk, Hours="forty")
    desk.advance()
    assert at(desk) == ([], ["draft"])
    assert "forty is not a number of hours" in desk.told()[f"change-unreadable:{ONE}"]
    assert quiet(desk)
    desk.edit(ONE, lambda text: text.replace("- Hours: forty", "- Hours: 40"))
    desk.advance()
    assert desk.told()[f"change-unreadable:{ONE}"].startswith("Resolved: ")
    assert at(desk) == (["change-order"], ["approval"])
    assert quiet(desk)


def test_instrument_follows_the_words_until_it_is_up_for_approval(desk: Desk) -> None:
    opened(desk, New_end_date="2027-04-25", Quality="")
    desk.advance()
    assert at(desk) == (["written-confirmation"], ["impact"])
    desk.edit(ONE, lambda text: text.replace("2027-04-25", "2027-04-26"))
    desk.advance()
    assert at(desk) == (["change-order"], ["impact"])
    desk.edit(ONE, lambda text: text.replace("- Scope", "- Quality: none\n- Scope"))
    desk.advance()
    desk.edit(ONE, lambda text: text.replace("2027-04-26", "2027-03-01"))
    desk.advance()
    assert at(desk) == (["change-order"], ["approval"])
    assert (
        "is labelled change-order but requires written-confirmation"
        in desk.told()[f"instrument-mismatch:{ONE}"]
    )
    assert quiet(desk)


def test_instrument_that_a_person_chose_stays_and_is_reported(desk: Desk) -> None:
    opened(desk, Hours="40", Quality="")
    desk.label("paul", ONE, "instrument", "written-confirmation")
    desk.advance()
    assert at(desk) == (["written-confirmation"], ["impact"])
    told = desk.told()[f"instrument-mismatch:{ONE}"]
    assert "requires change-order (more budget is needed)" in told
    assert quiet(desk)


def test_what_a_person_takes_back_psbot_does_not_move_on(desk: Desk) -> None:
    opened(desk, Hours="40")
    desk.advance()
    desk.label("maria", ONE, "change", "impact")
    desk.advance()
    assert at(desk) == (["change-order"], ["impact"])
    assert quiet(desk)
    desk.label("paul", ONE, "change", "approval")
    desk.advance()
    assert at(desk) == (["change-order"], ["approval"])


def test_unreadable_history_decides_nothing(desk: Desk) -> None:
    opened(desk, Hours="40", Reference="CO-1", Signed_on="2026-12-10")
    desk.advance()
    desk.label("maria", ONE, "change", "approved")
    desk.unreadable = frozenset({ONE})
    made = desk.advance()
    assert desk.codes(made) == {"unchecked"}
    assert desk.item(ONE).is_open


def test_no_history_is_read_of_a_request_that_waits(desk: Desk) -> None:
    opened(desk, Hours="40")
    desk.advance()
    desk.read.clear()
    desk.plan()
    assert desk.read == set()


def test_apply_writes_the_managed_section_and_moves_no_label(desk: Desk) -> None:
    opened(desk, Hours="40")
    before = desk.item(ONE).labels
    desk.apply()
    assert desk.item(ONE).labels == before
    assert "| Hours sold | 160 → 200 |" in desk.item(ONE).description
    assert "- Hours: 40\n" in desk.item(ONE).description
