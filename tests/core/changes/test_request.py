"""The instrument of a change request, one case for each edge of the decision table, and the missing amendment."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from psbot.core.changes.amendment import MissingAmendment, engagement_before, missing_amendment
from psbot.core.changes.instrument import choose_instrument, deciders_of, months_after, quarter_end
from psbot.core.changes.request import interpret, parse_request
from psbot.core.model.engagement import Amendment, Engagement
from psbot.core.text.escape import escape_markdown
from tests.support.board import PROCESS, example

CHANGES = PROCESS.changes
TODAY = date(2026, 12, 10)
ENDS = date(2027, 2, 26)
NOTHING = {"hours": "0", "new_end": "none", "contract": "none", "situation": "none"}
SIGNED = date(2026, 12, 15)


def missing_of(answers: dict[str, str], engagement: Engagement | None = None) -> MissingAmendment | None:
    """Return what is missing in the file of a change request with *answers*, on the day it is signed."""
    return missing_amendment("change-request/1", interpret(answers, CHANGES), engagement or example(), SIGNED)


def chosen(engagement: Any = None, **answers: str) -> str | None:
    """Return the instrument of a change request that changes nothing but *answers*."""
    request = interpret(NOTHING | answers, CHANGES)
    choice = choose_instrument(request, engagement or example(), TODAY, CHANGES)
    return choice.instrument if choice else None


@pytest.mark.parametrize(
    ("answers", "instrument"),
    [
        ({"hours": "+40"}, "change-order"),
        ({"hours": "0.5"}, "change-order"),
        ({"hours": "-8"}, "change-order"),
        ({"hours": "0"}, "written-confirmation"),
        ({"new_end": "2027-04-25"}, "written-confirmation"),  # two months less a day
        ({"new_end": "2027-04-26"}, "change-order"),  # two months
        ({"new_end": "2027-02-26"}, "written-confirmation"),  # the end as it is
        ({"new_end": "2027-01-29"}, "written-confirmation"),  # earlier
        ({"contract": "time-and-materials"}, "change-order"),
        ({"contract": "fixed-fee"}, "written-confirmation"),  # as it is
        ({"situation": "rewording"}, "written-confirmation"),
        ({"situation": "paper-wanted"}, "change-order"),
        ({"situation": "other-work", "hours": "80"}, "new-sow"),
        ({"situation": "before-signature", "hours": "40"}, "work-at-risk"),
        ({"situation": "overrun", "hours": "12"}, "work-exception"),
        ({"situation": "overrun, other-work"}, "new-sow"),
    ],
)
def test_instrument_is_the_one_of_the_decision_table(answers: dict[str, str], instrument: str) -> None:
    assert example().ends_on(TODAY) == ENDS
    assert example().contract == "fixed-fee"
    assert chosen(**answers) == instrument


def test_switch_from_time_and_materials_to_fixed_fee_needs_a_change_order() -> None:
    assert chosen(example(contract="time-and-materials"), contract="fixed-fee") == "change-order"


@pytest.mark.parametrize("name", list(NOTHING))
def test_no_instrument_is_chosen_while_a_decisive_field_is_missing(name: str) -> None:
    answers = {key: value for key, value in NOTHING.items() if key != name}
    assert choose_instrument(interpret(answers, CHANGES), example(), TODAY, CHANGES) is None


@pytest.mark.parametrize(
    "answers",
    [{"hours": "many"}, {"hours": "1e9"}, {"new_end": "soon"}, {"contract": "free"}, {"situation": "sad"}],
)
def test_invalid_value_chooses_no_instrument_and_is_reported(answers: dict[str, str]) -> None:
    assert chosen(**answers) is None
    assert set(interpret(NOTHING | answers, CHANGES).invalid) == set(answers)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-12-31", 2, "2027-02-28"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-10-15", 2, "2026-12-15"),
        ("2026-11-15", 2, "2027-01-15"),
    ],
)
def test_month_without_the_day_ends_on_its_last_day(day: str, months: int, later: str) -> None:
    assert str(months_after(date.fromisoformat(day), months)) == later


@pytest.mark.parametrize(
    ("day", "first_month", "end"),
    [
        ("2026-12-10", 1, "2026-12-31"),
        ("2027-01-01", 1, "2027-03-31"),
        ("2027-03-31", 1, "2027-03-31"),
        ("2026-12-10", 2, "2027-01-31"),
        ("2028-02-29", 12, "2028-02-29"),
    ],
)
def test_quarter_ends_with_the_companys_year(day: str, first_month: int, end: str) -> None:
    assert str(quarter_end(date.fromisoformat(day), first_month)) == end


def test_fields_are_read_in_any_markup() -> None:
    text = "- Hours: +40 hours\n* **New end date**: 2027-03-26\nnew contract: none\n- [x] Situation: rewording\n- Hours: 7\n"
    request = parse_request(text, CHANGES)
    assert (request.hours, request.new_end, request.contract) == (40, date(2027, 3, 26), None)
    assert request.situations == {"rewording"}
    assert request.missing(["budget", "hours"]) == ("budget",)


def test_empty_fields_and_comments_are_ignored() -> None:
    assert parse_request("- Hours:\n- **New end date**:\n<!-- Hours: 7 -->\n", CHANGES).answers == {}


def test_delivery_lead_decides_on_work_at_risk_and_the_manager_if_there_is_none() -> None:
    assert deciders_of("work-at-risk", example(delivery_lead="dora"), CHANGES) == {"dora"}
    assert deciders_of("work-at-risk", example(delivery_lead=None), CHANGES) == {"maria"}
    assert deciders_of("change-order", example(delivery_lead="dora"), CHANGES) == {"maria"}


def test_signed_change_becomes_an_amendment_only_where_the_file_changes() -> None:
    signed = NOTHING | {"signed_on": "2026-12-15"}
    assert missing_of(signed) == MissingAmendment()
    assert missing_of(NOTHING | {"hours": "40"}) is None
    assert missing_of(signed | {"hours": "40", "signed_on": "2026-12-16"}) is None  # still to come
    assert missing_of(signed | {"hours": "40"}) == MissingAmendment(
        Amendment("change-request/1", SIGNED, 40, None)
    )
    ended = missing_of(signed | {"hours": "-8", "new_end": "2027-03-26", "reference": "CO-1"})
    assert ended == MissingAmendment(Amendment("CO-1", SIGNED, -8, date(2027, 3, 26)))


def test_change_of_the_contract_alone_gets_an_entry_without_hours() -> None:
    switched = NOTHING | {"signed_on": "2026-12-15", "contract": "time-and-materials", "reference": "CO-1"}
    assert missing_of(switched) == MissingAmendment(Amendment("CO-1", SIGNED, 0, None), "time-and-materials")
    noted = replace(example(), amendments=(Amendment("CO-1", SIGNED, 0, None),))
    assert missing_of(switched, noted) == MissingAmendment(None, "time-and-materials")
    assert missing_of(switched, replace(noted, contract="time-and-materials")) == MissingAmendment()


def test_change_is_compared_with_the_engagement_before_it_even_after_later_amendments() -> None:
    request = interpret(NOTHING | {"new_end": "2027-04-26", "reference": "CO-1"}, CHANGES)
    later = Amendment("CO-2", date(2027, 1, 5), 8, date(2027, 6, 1))
    amended = replace(example(), amendments=(Amendment("CO-1", SIGNED, None, date(2027, 4, 26)), later))
    choice = choose_instrument(
        request, engagement_before("change-request/1", request, amended), date(2027, 2, 1), CHANGES
    )
    assert choice is not None
    assert choice.instrument == "change-order"


@pytest.mark.parametrize("text", ["+40", "-8", "40 h", "\N{MINUS SIGN}8", "\u2060+40"])
def test_hours_are_read_as_people_and_psbot_write_them(text: str) -> None:
    assert parse_request(f"- Hours: {text}", CHANGES).hours in (40, -8)


@pytest.mark.parametrize("text", ["CO-1 [draft]", "a|b *c* `d` ~e_f", "+1 <b> #12 @maria", "C:\\D"])
def test_value_that_psbot_wrote_is_read_as_it_was_entered(text: str) -> None:
    assert parse_request(f"- Summary: {escape_markdown(text)}", CHANGES).answers["summary"] == text
