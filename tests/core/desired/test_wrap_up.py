"""What psbot fills in when an engagement is wrapped up: one test a sentence."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from psbot.core.model.engagement import Amendment, Milestone
from psbot.core.text.marker import managed_sections
from psbot.sandbox.rules.references import mentioned_names
from tests.support.board import Desk, example

SECRET = "margin 40 percent"


def delivering(**changes: Any) -> Desk:
    desk = Desk(example(**changes))
    desk.apply()
    desk.on("2026-11-24")
    desk.finish("maria", "welcome-email")
    desk.on("2026-12-02")
    desk.finish("paul", "kick-off")
    desk.on("2026-12-10")
    desk.finish("paul", "intake-aws")
    return desk


def wrapping_up(**changes: Any) -> Desk:
    desk = delivering(**changes)
    desk.on("2027-02-26")
    desk.advance()
    assert desk.phase == "wrap-up"
    return desk


def section(desk: Desk, key: str) -> str:
    (text,) = managed_sections(desk.item(key).description).values()
    return text


def write_below(desk: Desk, key: str, heading: str, words: str) -> None:
    desk.edit(key, lambda text: text.replace(f"## {heading}\n", f"## {heading}\n\n{words}\n", 1))


def test_sections_wait_for_the_wrap_up() -> None:
    desk = delivering()
    assert section(desk, "project-summary").startswith("Filled in when the wrap-up begins")
    for key in ("financial-wrap-up", "post-mortem"):
        assert section(desk, key).startswith("psbot fills this in when the wrap-up begins")


def test_summary_sets_planned_against_actual_days() -> None:
    summary = section(wrapping_up(), "project-summary")
    assert "| Kick-off: Acme Corp | 2026-12-01 | 2026-12-02 |" in summary
    assert "| Intake (AWS): Acme Corp | 2026-12-08 | 2026-12-10 |" in summary
    assert "| Project summary: Acme Corp | 2027-02-26 | open |" in summary


def test_summary_gathers_what_was_decided_in_calls_inert_and_with_its_links() -> None:
    desk = delivering()
    call = next(key for key in sorted(desk.world.by_key()) if key.startswith("call/"))
    write_below(
        desk, call, "Decisions", "- Runners on spot, see https://docs.acme.example/runners\n/close @ada"
    )
    desk.on("2027-02-26")
    desk.advance()
    summary = section(desk, "project-summary")
    assert f"- {call.partition('/')[2]}: Runners on spot" in summary
    assert "- <https://docs.acme.example/runners>" in summary
    assert mentioned_names(summary) == set()
    assert not any(line.startswith("/") for line in summary.splitlines())


def test_summary_shows_nothing_that_the_customer_cannot_read() -> None:
    desk = delivering(amendments=(Amendment("CR-7", date(2026, 12, 15), 31.5),))
    calls = [key for key in sorted(desk.world.by_key()) if key.startswith("call/")]
    write_below(desk, calls[0], "Decisions", f"- {SECRET}")
    hidden = desk.item(calls[0])
    desk.world = desk.world.with_item(replace(hidden, confidential=True, seconds_spent=7 * 3600))
    desk.on("2027-02-26")
    desk.advance()
    summary = section(desk, "project-summary")
    assert SECRET not in summary
    assert "CR-7, signed 2026-12-15" in summary
    assert not any(word in summary for word in ("31.5", "191.5", "hours", "Standup", "Sign-off", "Financial"))


def test_people_s_text_around_the_sections_stay() -> None:
    desk = delivering()
    desk.edit("project-summary", lambda text: text + "\nThanks, Ada!\n")
    desk.on("2027-02-26")
    desk.advance()
    assert desk.item("project-summary").description.endswith("\nThanks, Ada!\n")


def test_financial_wrap_up_sets_booked_hours_against_sold_ones() -> None:
    desk = delivering(amendments=(Amendment("CR-7", date(2026, 12, 15), 31.5),))
    for key, seconds in (("kick-off", 5400), ("intake-aws", 9000)):
        desk.world = desk.world.with_item(replace(desk.item(key), seconds_spent=seconds))
    desk.on("2027-02-26")
    desk.advance()
    money = section(desk, "financial-wrap-up")
    assert ("| Sold | 191.5 |" in money, "| Booked in GitLab | 4 |" in money) == (True, True)


def test_financial_wrap_up_shows_what_blocks_completion_until_it_does_not() -> None:
    one, two = (Milestone(name, date(2027, 1, 15), name.lower()) for name in ("One", "Two"))
    desk = wrapping_up(milestones=(one, two))
    assert "- Missing sign-off: One" in section(desk, "financial-wrap-up")
    desk.on("2027-03-01")
    desk.label("maria", "sign-off/one", "signoff", "received")
    desk.label("maria", "sign-off/two", "signoff", "sent")
    desk.advance()
    money = section(desk, "financial-wrap-up")
    assert "| One |  | 2027-03-01 |  |  |" in money
    assert "- Missing sign-off: One" not in money
    assert "- Missing sign-off: Two" in money
    assert "- Open item: Project summary: Acme Corp" in money
    assert "- Open item: Financial wrap-up" not in money
    desk.on("2027-03-06")
    desk.advance()
    money = section(desk, "financial-wrap-up")
    assert "| Two | 2027-03-01 |  | yes, at the end of 2027-03-05 |  |" in money
    assert "Missing sign-off" not in money


def test_post_mortem_shows_what_happened_in_order_and_by_nobody() -> None:
    desk = wrapping_up()
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.on("2027-03-03")
    desk.label("maria", "sign-off", "signoff", "objected")
    desk.advance()
    timeline = section(desk, "post-mortem")
    days = [line.split("|")[1].strip() for line in timeline.splitlines() if line.startswith("| 2")]
    assert days == sorted(days)
    for line in (
        "| 2026-11-24 | Phase kick-off started |",
        "| 2026-12-02 | Phase intake started |",
        "| 2026-12-02 | kick-off closed, done |",
        "| 2026-12-10 | Phase delivery started |",
        "| 2027-02-26 | Phase wrap-up started |",
        "| 2027-03-01 | Acceptance request sent for sign-off |",
        "| 2027-03-03 | Objection received to sign-off |",
    ):
        assert line in timeline
    assert not any(name in timeline for name in ("maria", "paul", "psbot-bot"))


def test_phase_that_the_manager_sets_keeps_the_trail() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.advance()
    desk.on("2027-01-11")
    desk.unlabel("maria", "epic", "phase", "on-hold")
    desk.advance()
    desk.on("2027-02-26")
    desk.advance()
    timeline = section(desk, "post-mortem")
    assert "| 2026-12-10 | Phase on-hold started |" in timeline
    assert "| 2027-01-11 | Phase delivery started |" in timeline


def test_nothing_is_left_to_write_as_days_pass_and_apply_shows_the_same() -> None:
    desk = wrapping_up()
    for day in ("2027-02-26", "2027-03-02", "2027-03-20"):
        desk.on(day)
        assert desk.plan().is_empty
        desk.apply()
        assert desk.plan().is_empty


def test_change_that_is_open_blocks_completion() -> None:
    desk = wrapping_up()
    kind = desk.process.kinds["change-request"]
    labels = desk.process.catalogue.titles(dict(kind.seeds) | {"kind": kind.name})
    change = replace(
        desk.item("post-mortem"),
        key="change-request/1",
        kind=kind.name,
        title="More runners",
        description="<!-- psbot: engagement=acme-sow-142 item=change-request/1 -->\nMore.\n",
        labels=labels,
        iid=900,
        created_at=datetime(2027, 2, 1, 9, tzinfo=UTC),
    )
    desk.world = desk.world.with_item(change)
    desk.advance()
    assert "- Open change request: More runners" in section(desk, "financial-wrap-up")
    assert "| 2027-02-01 | change-request/1 opened |" in section(desk, "post-mortem")


def test_post_mortem_shows_since_when_and_until_when_the_customer_was_waited_for() -> None:
    desk = delivering()
    desk.on("2027-01-11")
    desk.label("paul", "project-summary", "state", "waiting-customer")
    desk.on("2027-01-20")
    desk.label("paul", "project-summary", "state", "doing")
    desk.on("2027-02-26")
    desk.advance()
    timeline = section(desk, "post-mortem")
    assert "| 2027-01-11 | project-summary started waiting for the customer |" in timeline
    assert "| 2027-01-20 | project-summary resumed |" in timeline
    assert desk.plan().is_empty
    desk.apply()
    assert desk.plan().is_empty
