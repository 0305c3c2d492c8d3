"""psbot stale on days of the sandbox's clock; each test is named after the fault it excludes."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from psbot.report.stale import StaleRow
from psbot.sandbox.rules.notes import update_note
from tests.scenarios.driver import Story
from tests.scenarios.people import Person

Somebody = Callable[[str], Person]
STALE, ESCALATED = "ps-attention::stale", "ps-attention::escalated"
MADE_ON = "2026-11-23"  # a Monday, at nine in the morning


def only(story: Story, *policies: str) -> None:
    """Leave these policies, so that a scenario is about one thing."""
    staleness = story.process.staleness
    left = {name: staleness.policies[name] for name in policies}
    story.process = replace(story.process, staleness=replace(staleness, policies=left))


@pytest.fixture
def applied(story: Story) -> Story:
    """The AWS example, applied on a Monday; of the policies only ``idle``: five business days."""
    story.applied("acme-aws", on=MADE_ON)
    only(story, "idle")
    return story


def found(told: StaleRow) -> dict[str, tuple[str, int, int]]:
    """Return by item since when it is stale, the days that counted, and the rung."""
    assert told.error is None, told.error
    return {
        each.measurement.item: (each.measurement.since.isoformat(), each.measurement.days.low, each.step)
        for each in told.stale
    }


def flags(story: Story, key: str) -> set[str]:
    return {title for title in story.item(key).labels if title.startswith("ps-attention::")}


def digests(story: Story) -> list[str]:
    return [body for _, body, _ in story.item("log").data["notes"] if "psbot notice" in body]


def live(story: Story) -> list[str]:
    return [body for body in digests(story) if "psbot told" in body]


def test_what_psbot_wrote_is_no_activity(applied: Story) -> None:
    assert found(applied.looked_for_stale(on="2026-11-27")) == {}
    assert found(applied.looked_for_stale(on="2026-11-30")) == {"welcome-email": ("2026-11-23", 5, 0)}
    assert flags(applied, "welcome-email") == {STALE}
    assert found(applied.looked_for_stale(on="2026-12-01")) == {"welcome-email": ("2026-11-23", 6, 0)}
    assert flags(applied, "log") == {STALE}
    assert len(digests(applied)) == 1


def test_several_machine_accounts_are_no_people(applied: Story, person: Somebody) -> None:
    applied.process = replace(applied.process, machine_accounts=frozenset({"petra"}))
    applied.written(on="2026-11-26")
    person("petra").comments("welcome-email", "A machine says hello.")
    person("psbot-bot").labels("welcome-email", add="ps-state::doing", remove="ps-state::todo")
    assert found(applied.looked_for_stale(on="2026-11-30")) == {"welcome-email": ("2026-11-23", 5, 0)}


def test_flag_is_not_set_and_cleared_in_one_run(applied: Story, person: Somebody) -> None:
    applied.looked_for_stale(on="2026-11-30")
    applied.written(on="2026-12-02")
    person("maria").comments("welcome-email", "Sent tomorrow.")
    assert found(applied.looked_for_stale()) == {}
    assert flags(applied, "welcome-email") == flags(applied, "log") == set()
    assert live(applied) == []
    assert digests(applied)[0].endswith("Resolved: no stale items remain.")
    assert found(applied.looked_for_stale(on="2026-12-08")) == {}
    assert found(applied.looked_for_stale(on="2026-12-09")) == {"welcome-email": ("2026-12-02", 5, 0)}
    assert len(digests(applied)) == 2, "people are notified again"


def test_weekend_does_not_count(applied: Story, person: Somebody) -> None:
    applied.written(on="2026-11-27")
    person("maria").comments("welcome-email", "On it.")
    assert found(applied.looked_for_stale(on="2026-12-03")) == {}
    assert found(applied.looked_for_stale(on="2026-12-04")) == {"welcome-email": ("2026-11-27", 5, 0)}


def test_holiday_does_not_count(applied: Story, person: Somebody) -> None:
    applied.written(on="2026-12-22")
    person("maria").comments("welcome-email", "On it.")
    assert found(applied.looked_for_stale(on="2026-12-29")) == {}, "Christmas Day and a weekend lie between"
    assert found(applied.looked_for_stale(on="2026-12-30")) == {"welcome-email": ("2026-12-22", 5, 0)}


def test_day_is_that_of_the_engagement_when_the_clocks_change(story: Story, person: Somebody) -> None:
    story.applied(
        "acme-aws", on="2027-03-01", time_zone="America/New_York", holidays="US", ends_on="2027-06-30"
    )
    only(story, "idle")
    story.hour = "23:30-05:00"
    story.written(on="2027-03-11")  # in Berlin it is Friday already; on Sunday the clocks change in New York
    person("maria").comments("welcome-email", "On it.")
    assert found(story.looked_for_stale(on="2027-03-17", hour="23:59-04:00")) == {}
    assert found(story.looked_for_stale(on="2027-03-18", hour="00:01-04:00")) == {
        "welcome-email": ("2027-03-11", 5, 0)
    }


def test_waiting_for_the_customer_is_not_idleness(applied: Story, person: Somebody) -> None:
    applied.written(on="2026-11-25")
    person("maria").labels("welcome-email", add="ps-state::waiting-customer", remove="ps-state::todo")
    assert found(applied.looked_for_stale(on="2026-12-09")) == {}


def test_customer_has_a_clock_of_their_own(story: Story, person: Somebody) -> None:
    story.applied("acme-aws", on=MADE_ON)
    only(story, "idle", "customer-silent")
    story.written(on="2026-11-25")
    person("maria").labels("welcome-email", add="ps-state::waiting-customer", remove="ps-state::todo")
    assert found(story.looked_for_stale(on="2026-12-01")) == {}
    told = story.looked_for_stale(on="2026-12-02")
    assert found(told) == {"welcome-email": ("2026-11-25", 5, 0)}
    assert [each.measurement.policy.name for each in told.stale] == ["customer-silent"]


def test_days_with_the_customer_do_not_count_for_the_team_afterwards(
    applied: Story, person: Somebody
) -> None:
    applied.written(on="2026-11-24")
    person("maria").labels("welcome-email", add="ps-state::waiting-customer", remove="ps-state::todo")
    applied.written(on="2026-12-08")
    person("psbot-bot").labels("welcome-email", add="ps-state::doing", remove="ps-state::waiting-customer")
    assert found(applied.looked_for_stale(on="2026-12-14")) == {}
    assert found(applied.looked_for_stale(on="2026-12-15")) == {"welcome-email": ("2026-11-24", 5, 0)}


def test_nothing_is_stale_while_the_engagement_is_on_hold(applied: Story, person: Somebody) -> None:
    applied.written(on="2026-11-26")
    person("maria").labels("epic", add="ps-phase::on-hold", remove="ps-phase::setup")
    told = applied.looked_for_stale(on="2026-12-16")
    assert (found(told), told.not_measured_because) == ({}, "the phase is on-hold")
    person("maria").labels("epic", add="ps-phase::setup", remove="ps-phase::on-hold")
    # Monday made; Tuesday and Wednesday counted before the hold, the days on hold do not.
    assert found(applied.looked_for_stale(on="2026-12-18")) == {}
    assert found(applied.looked_for_stale(on="2026-12-21")) == {"welcome-email": ("2026-11-23", 5, 0)}


def test_reopening_is_an_act_of_the_person_who_did_it(applied: Story, person: Somebody) -> None:
    applied.written(on="2026-11-24")
    person("maria").closes("welcome-email")
    assert found(applied.looked_for_stale(on="2026-12-07")) == {}
    person("maria").changes("welcome-email", stateEvent="REOPEN")
    assert found(applied.looked_for_stale(on="2026-12-11")) == {}
    assert found(applied.looked_for_stale(on="2026-12-14")) == {"welcome-email": ("2026-12-07", 5, 0)}


def test_days_while_it_was_closed_do_not_count(applied: Story, person: Somebody) -> None:
    applied.written(on="2026-11-24")
    person("maria").closes("welcome-email")
    applied.written(on="2026-12-07")
    person("psbot-bot").changes("welcome-email", stateEvent="REOPEN")
    assert found(applied.looked_for_stale(on="2026-12-11")) == {}
    assert found(applied.looked_for_stale(on="2026-12-14")) == {"welcome-email": ("2026-11-24", 5, 0)}


def test_comment_of_the_customer_is_an_act_of_a_person(story: Story, person: Somebody) -> None:
    story.applied("acme-aws", on=MADE_ON)
    only(story, "customer-silent")
    person("paul").labels("kick-off", add="ps-state::waiting-customer", remove="ps-state::todo")
    story.written(on="2026-11-30")
    person("ada").comments("kick-off", "We are free on Tuesday.")
    assert found(story.looked_for_stale(on="2026-12-04")) == {}
    told = story.looked_for_stale(on="2026-12-07")
    assert found(told) == {"kick-off": ("2026-11-30", 5, 0)}
    assert told.stale[0].measurement.username == "ada"


def test_digest_that_a_person_has_edited_is_left_alone_and_not_repeated(applied: Story) -> None:
    applied.looked_for_stale(on="2026-11-30")
    world = applied.sandbox.world
    (note,) = [each for each in world.notes.values() if "psbot notice" in each.body]
    (maria,) = [each for each in world.users.values() if each.username == "maria"]
    update_note(world, maria, note, f"{note.body}\nMaria: I called them.")
    assert found(applied.looked_for_stale(on="2026-12-01")) == {"welcome-email": ("2026-11-23", 6, 0)}
    assert len(digests(applied)) == 1
    assert digests(applied)[0].endswith("Maria: I called them.")


def test_mention_elsewhere_is_no_activity(applied: Story, person: Somebody) -> None:
    applied.written(on="2026-11-27")
    iid = person("maria").found("welcome-email")["iid"]
    person("paul").comments("log", f"See acme/delivery/internal#{iid}.")
    assert found(applied.looked_for_stale(on="2026-11-30")) == {"welcome-email": ("2026-11-23", 5, 0)}


def test_item_that_was_moved_is_looked_at_where_it_is(story: Story, person: Somebody) -> None:
    story.applied("acme-aws", on=MADE_ON)
    only(story, "idle")
    story.written(on="2026-11-25")
    moved = person("maria").carries("welcome-email", "acme/delivery/project")
    person("maria").carries(moved, "acme/delivery/internal")
    told = story.looked_for_stale(on="2026-12-02")
    assert found(told) == {"welcome-email": ("2026-11-25", 5, 0)}


def test_escalation_waits_and_notifies_once_per_step(applied: Story) -> None:
    applied.looked_for_stale(on="2026-11-30")
    assert "@maria" in live(applied)[0]
    assert found(applied.looked_for_stale(on="2026-12-04"))["welcome-email"][2] == 0
    assert len(digests(applied)) == 1
    assert found(applied.looked_for_stale(on="2026-12-07"))["welcome-email"][2] == 1
    assert flags(applied, "welcome-email") == flags(applied, "log") == {ESCALATED}
    assert found(applied.looked_for_stale(on="2026-12-14"))["welcome-email"][2] == 2
    assert len(digests(applied)) == 3
    (body,) = live(applied)
    assert "@dora" in body
    assert "@maria" not in body


def test_first_run_over_an_old_portfolio_does_not_climb_at_once(applied: Story) -> None:
    assert found(applied.looked_for_stale(on="2027-02-01")) == {"welcome-email": ("2026-11-23", 47, 0)}
    assert flags(applied, "welcome-email") == {STALE}


def test_new_finding_on_a_flagged_item_starts_at_the_first_step(story: Story) -> None:
    story.applied("acme-aws", on=MADE_ON)
    only(story, "overdue", "idle")
    story.looked_for_stale(on=MADE_ON)
    told = story.looked_for_stale(on="2026-11-30")
    rungs = {
        each.measurement.policy.name: each.step
        for each in told.stale
        if each.measurement.item == "welcome-email"
    }
    assert rungs == {"overdue": 1, "idle": 0}


def test_flag_that_a_person_has_set_stays(applied: Story, person: Somebody) -> None:
    person("maria").labels("kick-off", add=STALE)
    assert found(applied.looked_for_stale(on="2026-11-24")) == {}
    assert flags(applied, "kick-off") == {STALE}


def test_flag_is_cleared_when_the_item_is_done(applied: Story, person: Somebody) -> None:
    applied.looked_for_stale(on="2026-11-30")
    person("psbot-bot").labels("welcome-email", add="ps-state::done", remove="ps-state::todo")
    assert found(applied.looked_for_stale(on="2026-12-01")) == {}
    assert flags(applied, "welcome-email") == set()


def test_customer_can_read_no_finding(story: Story, person: Somebody) -> None:
    story.applied("acme-aws", on=MADE_ON)
    told = story.looked_for_stale(on="2027-03-01")
    assert len(told.stale) > 4
    noted = [item.data["title"] for item in story.everything if item.data["notes"]]
    assert noted == ["Engagement log: Acme Corp"]
    assert "mentioned in" not in str(story.state()), (
        "nor does a digest leave a trace in an item that it names"
    )


def test_person_who_cannot_see_the_log_is_not_mentioned_and_that_is_said(
    applied: Story, person: Somebody
) -> None:
    person("maria").gives("kick-off", "ada")
    staleness = applied.process.staleness
    eager = {"overdue": replace(staleness.policies["idle"], name="overdue", in_own_phase=False)}
    applied.process = replace(applied.process, staleness=replace(staleness, policies=eager))
    applied.looked_for_stale(on="2026-11-30")
    (body,) = live(applied)
    assert "ada (not notified: no access to this project)" in body
    assert "@ada" not in body


def test_nothing_is_written_with_a_persons_token(applied: Story) -> None:
    before = applied.state()
    told = applied.looked_for_stale(on="2026-11-30", by="maria", again=False)
    assert "the token belongs to maria, a person" in str(told.error)
    assert applied.state() == before


def test_missed_call_is_found_and_a_later_one_that_was_held_excuses_it(
    story: Story, person: Somebody
) -> None:
    story.applied("acme-aws", on="2026-12-07")
    only(story, "call-missed")
    person("maria").labels("epic", add="ps-phase::delivery", remove="ps-phase::setup")
    assert found(story.looked_for_stale(on="2026-12-08")) == {}, "it may still be held today"
    assert found(story.looked_for_stale(on="2026-12-09")) == {"call/2026-12-08": ("2026-12-08", 1, 0)}
    story.written(on="2026-12-15")
    person("paul").labels("call/2026-12-15", add="ps-state::done", remove="ps-state::todo")
    assert found(story.looked_for_stale(on="2026-12-16")) == {}


def test_silent_engagement_and_missing_status_are_found(story: Story, person: Somebody) -> None:
    story.applied("acme-aws", on=MADE_ON)
    only(story, "silent", "no-weekly-status")
    person("maria").labels("epic", add="ps-phase::delivery", remove="ps-phase::setup")
    assert found(story.looked_for_stale(on="2026-11-30")) == {"log": ("2026-11-23", 5, 0)}
    story.written(on="2026-12-01")
    person("maria").comments("log", "Green: all goes well.")
    assert found(story.looked_for_stale(on="2026-12-07")) == {}
    assert set(found(story.looked_for_stale(on="2026-12-15"))) == {"log", "epic"}


def test_quote_without_movement_is_found(story: Story, person: Somebody) -> None:
    story.applied("acme-aws", on=MADE_ON, closed_won_on=None)
    only(story, "quote-without-movement")
    assert found(story.looked_for_stale(on="2026-12-04")) == {}
    assert found(story.looked_for_stale(on="2026-12-07")) == {"epic": ("2026-11-23", 10, 0)}
