"""How facts move an engagement from phase to phase, from quote to post-mortem."""

from datetime import date

import pytest

from psbot.core.model.operations import Relabel
from tests.core.workflow.engagements import delivering, quiet
from tests.support.board import Desk, example


def test_engagement_stays_a_quote_until_closed_won() -> None:
    desk = Desk(example(closed_won_on=None))
    desk.apply()
    assert desk.advance().is_empty
    assert desk.phase == "quote"
    desk.engagement = example(closed_won_on=date(2026, 11, 24))
    made = desk.advance()
    assert {each.op for each in made.operations} == {"redescribe"}, (
        "the log names the day, which is still to come"
    )
    desk.on("2026-11-24")
    desk.advance()
    assert desk.phase == "setup"
    assert desk.item("kick-off").is_open, "what Closed Won makes due is made at once"
    assert quiet(desk)


def test_engagement_moves_on_step_by_step_as_its_items_are_done(desk: Desk) -> None:
    walked = [desk.phase]
    for day, keys in [
        ("2026-11-24", ["welcome-email"]),
        ("2026-12-01", ["kick-off"]),
        ("2026-12-08", ["intake-aws"]),
        ("2027-02-26", []),
        ("2027-03-01", ["project-summary"]),
    ]:
        desk.on(day)
        desk.finish("paul", *keys)
        walked.append(desk.phase)
        assert quiet(desk)
    assert walked == ["setup", "kick-off", "intake", "delivery", "wrap-up", "wrap-up"]
    desk.label("maria", "sign-off", "signoff", "received")
    desk.finish("paul", "financial-wrap-up")
    assert desk.phase == "post-mortem"
    desk.finish("maria", "post-mortem")
    assert desk.phase == "completed"
    assert not desk.item("epic").is_open
    assert "Phase | completed" in desk.item("epic").description
    assert quiet(desk)


def test_engagement_makes_up_for_a_missed_fortnight_in_one_run(desk: Desk) -> None:
    desk.label("maria", "welcome-email", "state", "done")
    desk.on("2026-12-10")
    desk.label("paul", "kick-off", "state", "done")
    desk.close("paul", "intake-aws")
    relabels = [each for each in desk.advance().operations if isinstance(each, Relabel) and each.item.is_epic]
    assert len(relabels) == 1
    assert desk.phase == "delivery"
    assert quiet(desk)


def test_engagement_waits_in_setup_while_no_engineer_is_named() -> None:
    desk = Desk(example(engineers=()))
    desk.apply()
    desk.finish("maria", "welcome-email")
    assert desk.phase == "setup"
    desk.engagement = example()
    desk.advance()
    assert desk.phase == "kick-off"
    assert desk.of("state", "assign-engineer") == ["done"]
    assert not desk.item("assign-engineer").is_open


def test_engagement_needs_no_item_that_its_file_leaves_out() -> None:
    desk = Desk(example(skip={"welcome-email": "sent by the account team"}))
    desk.apply()
    desk.advance()
    assert desk.phase == "kick-off"


def test_engagement_needs_no_item_that_one_of_its_people_has_skipped(desk: Desk) -> None:
    desk.label("pia", "welcome-email", "state", "skipped")
    desk.advance()
    assert desk.phase == "kick-off"
    assert not desk.item("welcome-email").is_open


def test_wrap_up_begins_when_the_end_is_reached_in_the_engagements_own_time_zone() -> None:
    desk = delivering()
    desk.on("2027-02-25", "23:59")
    desk.advance()
    assert desk.phase == "delivery"
    desk.on("2027-02-26", "00:00")
    desk.advance()
    assert desk.phase == "wrap-up"


@pytest.mark.parametrize("who", ["maria", "petra", "pia", "dora"])
def test_wrap_up_begins_early_when_one_of_the_people_says_so(who: str) -> None:
    desk = delivering()
    desk.label(who, "epic", "phase", "wrap-up")
    made = desk.advance()
    assert desk.phase == "wrap-up"
    assert "transition-refused" not in desk.codes(made)
    assert desk.of("state", "sign-off") == ["todo"], "the gate opens in the same run"
    assert quiet(desk)


def test_phase_in_the_overview_has_the_day_since_when_and_does_not_change_as_days_pass() -> None:
    desk = delivering()
    assert "| Phase | delivery, since 2026-12-10 |" in desk.item("epic").description
    desk.on("2026-12-11")
    assert not [each for each in desk.plan().operations if each.op == "redescribe"]
