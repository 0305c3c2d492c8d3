"""Who decides on change requests, and what follows until the engagement file contains them."""

from dataclasses import replace
from datetime import date

import pytest

from psbot.core.model.engagement import Amendment
from tests.core.workflow.change_requests import ONE, TWO, at, delivering_desk, opened, quiet
from tests.support.board import CUSTOMER, RESTORING, Desk


@pytest.fixture
def desk() -> Desk:
    return delivering_desk()


def test_approval_of_the_wrong_person_does_not_count(desk: Desk) -> None:
    opened(desk, Hours="40")
    desk.advance()
    desk.label("paul", ONE, "change", "approved")
    desk.edit(ONE, lambda text: text + "Reference: CO-1\nSigned on: 2026-12-10\n")
    desk.advance()
    assert desk.told()[f"unauthorized-change:{ONE}"] == (
        "change-request/1 was set to approved by paul, but for instrument change-order only maria may decide; the change was ignored."
    )
    assert f"amendment-missing:{ONE}" not in desk.told()
    assert desk.item(ONE).is_open
    assert quiet(desk)
    desk.label("maria", ONE, "change", "approval")
    desk.label("maria", ONE, "change", "approved")
    desk.advance()
    assert desk.told()[f"unauthorized-change:{ONE}"].startswith("Resolved: ")
    assert f"amendment-missing:{ONE}" in desk.told()


def test_approval_of_the_wrong_person_is_taken_back_where_the_workflow_says_so(desk: Desk) -> None:
    desk.process = RESTORING
    opened(desk, Hours="40")
    desk.advance()
    desk.label(CUSTOMER, ONE, "change", "approved")
    desk.advance()
    assert at(desk) == (["change-order"], ["approval"])
    assert quiet(desk)


def test_machine_other_than_psbot_approves_nothing_either(desk: Desk) -> None:
    opened(desk, Hours="40")
    desk.advance()
    desk.label("psbot-bot", ONE, "change", "approved")
    assert "unauthorized-change" in desk.codes(desk.advance())


@pytest.mark.parametrize(
    ("lines", "instrument", "deciders"),
    [
        ({"Situation": "rewording"}, "written-confirmation", {"maria", "pia"}),
        ({"Situation": "before-signature"}, "work-at-risk", {"dora"}),
        ({"Situation": "overrun"}, "work-exception", {"dora"}),
        ({"Situation": "other-work"}, "new-sow", {"maria", "dora"}),
        ({"Hours": "-8"}, "change-order", {"maria"}),
    ],
)
def test_each_instrument_is_decided_by_its_own_people(
    desk: Desk, lines: dict[str, str], instrument: str, deciders: set[str]
) -> None:
    opened(desk, **lines)
    desk.advance()
    assert at(desk) == ([instrument], ["approval"])
    counted = set()
    for person in ("maria", "pia", "dora", "paul", "petra", CUSTOMER):
        desk.label(person, ONE, "change", "approval")
        desk.label(person, ONE, "change", "approved")
        counted |= {person} if "unauthorized-change" not in desk.codes(desk.plan()) else set()
    assert counted == deciders


def test_two_that_name_one_signed_document_are_not_confused(desk: Desk) -> None:
    for key, hours in ((ONE, "40"), (TWO, "8")):
        opened(desk, key, Hours=hours, Reference="CO-1", Signed_on="2026-12-10")
    desk.advance()
    for key in (ONE, TWO):
        desk.label("maria", key, "change", "approved")
    first = Amendment("CO-1", date(2026, 12, 10), 40, None)
    desk.engagement = replace(desk.engagement, amendments=(first,))
    desk.advance()
    assert (desk.item(ONE).is_open, desk.item(TWO).is_open) == (False, True)
    told = desk.told()[f"amendment-missing:{TWO}"].replace("\\", "")
    assert "{reference: change-request/2, signed_on: 2026-12-10, hours: 8}" in told
    assert quiet(desk)


def test_request_that_the_customer_can_read_is_left_alone_and_reported(desk: Desk) -> None:
    opened(desk, Hours="40")
    item = replace(desk.item(ONE), namespace=desk.engagement.gitlab.project)
    desk.world = replace(
        desk.world, children=tuple(item if each.key == ONE else each for each in desk.world.children)
    )
    desk.apply()
    desk.advance()
    assert "160" not in desk.item(ONE).description
    assert at(desk) == ([], [])
    assert desk.told()[f"visible-to-customer:{ONE}"].endswith("move it to acme/delivery/internal.")
    assert quiet(desk)


def test_signed_change_is_reported_until_the_file_has_it_and_then_it_is_done(desk: Desk) -> None:
    opened(desk, Hours="+40", New_end_date="2027-03-26", Reference="CO-1", Signed_on="2026-12-11")
    desk.advance()
    desk.label("maria", ONE, "change", "approved")
    desk.advance()
    assert f"amendment-missing:{ONE}" not in desk.told(), "it is signed tomorrow"
    assert "| Decision | approved by maria on 2026-12-10 |" in desk.item(ONE).description
    desk.on("2026-12-11")
    desk.advance()
    entry = "{reference: CO-1, signed_on: 2026-12-11, hours: 40, ends_on: 2027-03-26}"
    assert f"amendments: - {entry}" in desk.told()[f"amendment-missing:{ONE}"].replace("\\", "")
    assert quiet(desk)
    signed = Amendment("CO-1", date(2026, 12, 11), 40, date(2027, 3, 26))
    desk.engagement = replace(desk.engagement, amendments=(signed,))
    desk.apply()
    desk.advance()
    assert desk.told()[f"amendment-missing:{ONE}"].startswith("Resolved: ")
    assert (desk.item(ONE).is_open, desk.of("state", ONE)) == (False, ["done"])
    assert desk.item("project-summary").due_on == date(2027, 3, 26)
    assert "CO-1, signed 2026-12-11, hours +40, new end 2027-03-26" in desk.item("log").description
    assert quiet(desk)


def test_rejected_request_is_closed_and_changes_nothing(desk: Desk) -> None:
    opened(desk, Hours="40", Reference="CO-1", Signed_on="2026-12-10")
    desk.advance()
    desk.label("maria", ONE, "change", "rejected")
    desk.advance()
    assert (desk.item(ONE).is_open, desk.of("state", ONE)) == (False, ["done"])
    assert not [name for name in desk.told() if ONE in name]
    assert quiet(desk)


def test_two_changes_at_once_go_their_own_ways(desk: Desk) -> None:
    opened(desk, ONE, Hours="40", Reference="CO-1", Signed_on="2026-12-10")
    opened(desk, TWO, New_end_date="2027-03-05", Quality="")
    desk.advance()
    assert (at(desk, ONE), at(desk, TWO)) == (
        (["change-order"], ["approval"]),
        (["written-confirmation"], ["impact"]),
    )
    desk.label("maria", ONE, "change", "approved")
    desk.label("maria", TWO, "change", "rejected")
    desk.advance()
    assert (desk.item(ONE).is_open, desk.item(TWO).is_open) == (True, False)
    assert f"amendment-missing:{ONE}" in desk.told()
    assert quiet(desk)


def test_signed_change_closed_by_hand_is_reported_until_the_file_has_it(desk: Desk) -> None:
    opened(desk, Hours="40", Reference="CO-1", Signed_on="2026-12-10")
    desk.advance()
    desk.label("maria", ONE, "change", "approved")
    desk.advance()
    desk.close("paul", ONE)
    desk.advance()
    assert not desk.told()[f"amendment-missing:{ONE}"].startswith("Resolved")
    assert quiet(desk)


def test_approval_counts_on_when_the_manager_is_another_one(desk: Desk) -> None:
    opened(desk, Hours="40", Reference="CO-1", Signed_on="2026-12-10")
    desk.advance()
    desk.label("maria", ONE, "change", "approved")
    desk.advance()
    desk.engagement = replace(desk.engagement, manager="mona")
    assert "unauthorized-change" not in desk.codes(desk.advance())
    assert not desk.told()[f"amendment-missing:{ONE}"].startswith("Resolved")


def test_approval_of_an_incomplete_request_is_reported(desk: Desk) -> None:
    opened(desk, Hours="40", Quality="", Budget="")
    desk.advance()
    desk.label("maria", ONE, "change", "approved")
    desk.advance()
    assert "these fields are missing: Quality, Budget" in desk.told()[f"change-incomplete:{ONE}"]
    assert quiet(desk)


def test_switch_of_the_contract_is_done_when_the_file_names_the_new_one(desk: Desk) -> None:
    opened(desk, New_contract="time-and-materials", Reference="CO-1", Signed_on="2026-12-10")
    desk.advance()
    desk.label("maria", ONE, "change", "approved")
    desk.advance()
    assert (
        "contract: time-and-materials and amendments: - {reference: CO-1"
        in desk.told()[f"amendment-missing:{ONE}"]
    )
    noted = replace(desk.engagement, amendments=(Amendment("CO-1", date(2026, 12, 10), 0, None),))
    desk.engagement = noted
    desk.advance()
    assert desk.item(ONE).is_open
    desk.engagement = replace(noted, contract="time-and-materials")
    desk.advance()
    assert not desk.item(ONE).is_open


@pytest.mark.parametrize("situation", ["before-signature", "overrun"])
def test_work_without_a_signed_document_stays_open_and_is_reported_before_its_quarter_ends(
    desk: Desk, situation: str
) -> None:
    opened(desk, Situation=situation)
    desk.advance()
    desk.label("dora", ONE, "change", "approved")
    desk.advance()
    assert desk.item(ONE).is_open
    assert f"open-at-quarter-end:{ONE}" not in desk.told()
    desk.on("2026-12-15")  # eleven business days before the end; Christmas Day is none of them
    desk.advance()
    assert f"open-at-quarter-end:{ONE}" not in desk.told()
    desk.on("2026-12-16")
    desk.advance()
    assert "its quarter ends on 2026-12-31" in desk.told()[f"open-at-quarter-end:{ONE}"]
    desk.on("2027-01-11")
    desk.advance()
    assert not desk.told()[f"open-at-quarter-end:{ONE}"].startswith("Resolved"), "it is still open"
    desk.finish("maria", ONE)
    assert desk.told()[f"open-at-quarter-end:{ONE}"].startswith("Resolved: ")
    assert not desk.item(ONE).is_open


def test_request_that_somebody_opens_again_is_not_closed_again(desk: Desk) -> None:
    opened(desk, Hours="40")
    desk.advance()
    desk.label("maria", ONE, "change", "rejected")
    desk.advance()
    desk.reopen("paul", ONE)
    desk.advance()
    assert (desk.item(ONE).is_open, desk.of("state", ONE)) == (True, ["doing"])
    assert quiet(desk)
