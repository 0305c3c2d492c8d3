"""The acceptance clock: when it starts, stops, and accepts a sign-off passively."""

import pytest

from tests.core.workflow.engagements import quiet, wrapping_up
from tests.support.board import CUSTOMER, RESTORING


@pytest.mark.parametrize(
    ("sent", "silent", "accepted"),
    [
        ("2027-03-01", "2027-03-05", "2027-03-06"),  # Monday is day 1, Friday day 5
        ("2027-03-06", "2027-03-12", "2027-03-13"),  # on a Saturday: the Monday is day 1
        ("2027-03-24", "2027-04-01", "2027-04-02"),  # Good Friday and Easter Monday are no business days
        ("2027-12-29", "2028-01-04", "2028-01-05"),  # New Year's Day is a Saturday
        ("2027-12-31", "2028-01-07", "2028-01-08"),  # and Epiphany a Thursday, on which Bavaria rests
    ],
)
def test_sign_off_is_accepted_passively_after_the_fifth_business_day(
    sent: str, silent: str, accepted: str
) -> None:
    desk = wrapping_up()
    desk.on(sent)
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.on(silent, "23:59")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"]
    desk.on(accepted, "00:00")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["passive"]
    assert desk.of("state", "financial-wrap-up") == ["todo"], "which opens the gate in the same run"
    assert quiet(desk)


def test_request_that_is_sent_again_by_hand_after_an_objection_has_a_clock_of_its_own() -> None:
    desk = wrapping_up()
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.advance()
    desk.on("2027-03-03")
    desk.label("maria", "sign-off", "signoff", "objected")
    desk.on("2027-03-15")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"], "the marker remembers a request that is over"
    desk.on("2027-03-19", "23:59")
    assert quiet(desk)
    desk.on("2027-03-20")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["passive"]


def test_day_of_what_people_set_by_hand_is_recorded_in_the_item() -> None:
    desk = wrapping_up()
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.advance()
    desk.on("2027-03-03")
    desk.label("paul", "sign-off", "signoff", "objected")
    desk.on("2027-03-04")
    desk.advance()
    text = desk.item("sign-off").description
    assert "| Request sent | 2027-03-01 |" in text
    assert "| Objection received, acceptance period stopped | 2027-03-03 |" in text
    assert quiet(desk)


def test_objection_stops_the_clock() -> None:
    desk = wrapping_up()
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.on("2027-03-03")
    desk.label("maria", "sign-off", "signoff", "objected")
    desk.on("2027-03-20")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["objected"]


def test_clock_counts_from_the_day_that_the_marker_remembers() -> None:
    desk = wrapping_up()
    desk.on("2027-03-03")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.edit("sign-off", lambda text: text.replace(" -->", " sent=2027-03-01 -->", 1))
    desk.on("2027-03-06")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["passive"]


@pytest.mark.parametrize("who", ["maria", CUSTOMER])
def test_clock_begins_anew_when_it_is_sent_again_after_an_objection(who: str) -> None:
    desk = wrapping_up()
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.edit("sign-off", lambda text: text.replace(" -->", " sent=2027-03-01 -->", 1))
    desk.on("2027-03-03")
    desk.label(who, "sign-off", "signoff", "objected")
    desk.on("2027-03-15")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"]
    desk.on("2027-03-20")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["passive"]


def test_clock_goes_on_when_psbot_takes_back_a_customers_click() -> None:
    desk = wrapping_up()
    desk.process = RESTORING
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.on("2027-03-04")
    desk.label(CUSTOMER, "sign-off", "signoff", "received")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"]
    desk.on("2027-03-06")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["passive"], "the fifth business day was 2027-03-05"


def test_clock_does_not_run_on_what_an_outsider_has_sent() -> None:
    desk = wrapping_up()
    desk.label(CUSTOMER, "sign-off", "signoff", "sent")
    desk.on("2027-04-20")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"]
    assert "unauthorized-change:sign-off" in desk.told()
