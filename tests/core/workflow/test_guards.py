"""Each guard: when it holds, when not, when it could not check, and what it says."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from psbot.core.model.engagement import Milestone
from psbot.core.model.facts import Facts
from psbot.core.model.history import PSBOT, Histories, History, LabelEvent, StateEvent
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.work_item import Author
from psbot.core.model.workflow import Condition
from psbot.core.workflow.guards import GUARDS, Argument, describe, evaluate, evaluate_all
from tests.support.board import PROCESS, example

NOON = datetime(2027, 1, 14, 12, tzinfo=UTC)
DORA, PAUL, MALLORY, GHOST = Author("dora"), Author("paul"), Author("mallory"), Author("ghost", is_ghost=True)


def item(key: str, *labels: str, **changes: Any) -> Item:
    kind = key.partition("/")[0]
    base = Item(key, kind, "acme", key, "", frozenset(labels), iid=abs(hash(key)))
    return replace(base, **changes)


def history(key: str, *deeds: tuple[Author | None, str]) -> dict[str, History | None]:
    """Return the history of an item: labels that were put on it, one a minute, and ``closed``."""
    labels, states = [], []
    for minute, (author, what) in enumerate(deeds):
        at = NOON - timedelta(minutes=60 - minute)
        if what == "closed":
            states.append(StateEvent(key, False, author, at))
        else:
            labels.append(LabelEvent(key, what, True, author, at))
    return {key: History(tuple(labels), tuple(states))}


def facts(*items: Item, histories: dict[str, History | None] | None = None, **changes: Any) -> Facts:
    found = Facts(example(), PROCESS, Snapshot(children=items), NOON, Histories(histories or {}))
    return replace(found, **changes)


DONE = "ps-state::done"
KICK_OFF = Condition("done", "kick-off")


@pytest.mark.parametrize(
    ("guard", "changes", "holds", "reason"),
    [
        ("closed-won", {}, True, "the deal is Closed Won on 2026-11-16"),
        ("closed-won", {"closed_won_on": None}, False, "the engagement file has no `closed_won_on`"),
        ("closed-won", {"closed_won_on": date(2027, 1, 15)}, False, "Closed Won on 2027-01-15 (not reached yet)"),
        ("engineer-named", {}, True, "paul is the lead engineer"),
        ("engineer-named", {"engineers": ()}, False, "`people.engineers` is empty"),
        ("kick-off-reached", {"kick_off_on": date(2027, 1, 14)}, True, "the kick-off is planned for 2027-01-14"),
        ("kick-off-reached", {"kick_off_on": date(2027, 1, 15)}, False, "(not reached yet)"),
        ("end-reached", {"ends_on_in_file": date(2027, 1, 14)}, True, "the engagement ends on 2027-01-14"),
        ("end-reached", {}, False, "the engagement ends on 2027-02-26 (not reached yet)"),
    ],
)  # fmt: skip
def test_guard_answers_from_the_engagement_file(
    guard: str, changes: dict[str, Any], holds: bool, reason: str
) -> None:
    answer = evaluate(Condition(guard), facts(engagement=example(**changes)))
    assert (answer.holds, answer.needs) == (holds, frozenset())
    assert reason in answer.reason


@pytest.mark.parametrize(
    ("found", "deeds", "holds", "reason"),
    [
        (item("kick-off", DONE), [(PAUL, DONE)], True, "kick-off is done, by paul"),
        (item("kick-off", DONE), [(PSBOT, DONE)], True, "kick-off is done"),
        (item("kick-off", "ps-state::skipped"), [(PAUL, "ps-state::skipped")], True, "kick-off is skipped, by paul"),
        (item("kick-off", "ps-state::doing"), [], False, "kick-off is doing"),
        (item("kick-off"), [], False, "kick-off is in no clear state"),
        (item("kick-off", DONE, "ps-state::todo"), [(PAUL, DONE)], False, "kick-off is in no clear state"),
        (item("kick-off", DONE), [(MALLORY, DONE)], False, "set to done by mallory, who is not listed under `people:`"),
        (item("kick-off", DONE), [(PAUL, DONE), (MALLORY, DONE)], False, "by mallory"),
        (item("kick-off", DONE), [(MALLORY, DONE), (PAUL, DONE)], True, "by paul"),
        (item("kick-off", DONE, is_open=False), [(MALLORY, DONE), (PAUL, "closed")], True, "by paul"),
        (item("kick-off", DONE, is_open=False), [(MALLORY, DONE), (MALLORY, "closed")], False, "mallory"),
        (item("kick-off", DONE), [(GHOST, DONE)], None, "could not check"),
        (item("kick-off", DONE), [(None, DONE)], None, "could not check"),
        (item("kick-off", DONE), [], None, "could not check"),
    ],
)  # fmt: skip
def test_done_counts_by_the_hand_that_did_it(
    found: Item, deeds: list[tuple[Author | None, str]], holds: bool | None, reason: str
) -> None:
    answer = evaluate(KICK_OFF, facts(found, histories=history("kick-off", *deeds)))
    assert answer.holds is holds
    assert reason in answer.reason
    assert answer.needs == frozenset(), "the history has been read"


def test_done_names_the_history_it_needs_and_could_not_check_one_that_could_not_be_read() -> None:
    found = item("kick-off", DONE)
    asked = evaluate(KICK_OFF, facts(found))
    assert (asked.holds, asked.needs) == (None, frozenset({"kick-off"}))
    unread = evaluate(KICK_OFF, facts(found, histories={"kick-off": None}))
    assert (unread.holds, unread.needs) == (None, frozenset())
    presumed = evaluate(KICK_OFF, facts(found, assume_authorized=True))
    assert (presumed.holds, presumed.needs) == (True, frozenset({"kick-off"}))


def test_done_does_not_hold_for_an_item_that_is_not_there() -> None:
    assert evaluate(KICK_OFF, facts()).holds is False


@pytest.mark.parametrize(
    "engagement",
    [example("globex-on-prem"), example(skip={"intake-aws": "known already"})],
    ids=["another hosting", "left out"],
)
def test_kind_that_the_engagement_does_not_have_is_done(engagement: object) -> None:
    answer = evaluate(Condition("done", "intake-aws"), facts(engagement=engagement))
    assert (answer.holds, answer.reason) == (True, "the engagement has no intake-aws")


def test_accepted_wants_every_sign_off_accepted_or_skipped_by_one_of_the_people() -> None:
    milestones = tuple(Milestone(name, date(2027, 2, 1), name) for name in "abcd")
    engagement = example(milestones=milestones, skip={"sign-off/d": "bundled"})
    labels = {"a": "ps-signoff::received", "b": "ps-signoff::passive", "c": "ps-state::skipped"}
    items = [item(f"sign-off/{key}", label) for key, label in labels.items()]
    histories = {
        key: each
        for name, label in labels.items()
        for key, each in history(f"sign-off/{name}", (PAUL, label)).items()
    }
    condition = Condition("accepted", "sign-off")
    assert evaluate(condition, facts(*items, engagement=engagement, histories=histories)).holds
    sent = [*items[:1], item("sign-off/b", "ps-signoff::sent"), items[2]]
    answer = evaluate(condition, facts(*sent, engagement=engagement, histories=histories))
    assert (answer.holds, answer.reason) == (False, "sign-off/b is sent")


@pytest.mark.parametrize(
    ("key", "due_on", "holds"),
    [
        ("sign-off/ready", date(2027, 1, 28), True),
        ("sign-off/ready", date(2027, 1, 29), False),
        ("sign-off/ready", None, False),
        ("sign-off", date(2027, 1, 15), False),
    ],
)
def test_milestone_is_due_within_so_many_business_days(key: str, due_on: date | None, holds: bool) -> None:
    answer = evaluate(Condition("milestone-due-within", 10), facts(), item(key, due_on=due_on))
    assert answer.holds is holds


def test_labelled_wants_all_labels_on_one_item() -> None:
    condition = Condition("labelled", labels=(("change", "approved"), ("instrument", "work-at-risk")))
    labels = ("ps-change::approved", "ps-instrument::work-at-risk")
    split = [item("change-request/1", labels[0]), item("change-request/2", labels[1])]
    assert evaluate(condition, facts(*split)).holds is False
    both = item("change-request/3", *labels)
    by_dora = history("change-request/3", (DORA, labels[0]), (PAUL, labels[1]))
    assert evaluate(condition, facts(both, histories=by_dora)).holds
    by_customer = history("change-request/3", (DORA, labels[0]), (MALLORY, labels[1]))
    assert evaluate(condition, facts(both, histories=by_customer)).holds is False


def test_labelled_approved_is_approved_by_one_who_may_decide_on_that_instrument() -> None:
    condition = Condition("labelled", labels=(("change", "approved"), ("instrument", "work-at-risk")))
    both = item("change-request/3", "ps-change::approved", "ps-instrument::work-at-risk")
    by_paul = history(
        "change-request/3", (PAUL, "ps-change::approved"), (PAUL, "ps-instrument::work-at-risk")
    )
    answer = evaluate(condition, facts(both, histories=by_paul))
    assert answer.holds is False
    assert "by paul, but for instrument work-at-risk only dora may decide" in answer.reason
    assert [(each.item, each.purpose) for each in answer.unauthorized_changes] == [
        ("change-request/3", "change")
    ]


def test_any_of_several_is_enough_and_unknown_is_not_false() -> None:
    yes, no = Condition("engineer-named"), Condition("end-reached")
    found = facts(item("kick-off", DONE))
    assert evaluate(Condition(any_of=(no, yes)), found).holds is True
    assert evaluate(Condition(any_of=(no, KICK_OFF)), found).holds is None
    assert evaluate(Condition(any_of=(no, no)), found).holds is False


def test_all_of_several_are_refused_by_one_no_before_anything_is_read() -> None:
    yes, no = Condition("engineer-named"), Condition("end-reached")
    found = facts(item("kick-off", DONE))
    assert (evaluate_all([KICK_OFF, no], found).holds, evaluate_all([KICK_OFF, no], found).needs) == (
        False,
        frozenset(),
    )
    doubt = evaluate_all([KICK_OFF, yes], found)
    assert doubt.holds is None
    assert doubt.needs == {"kick-off"}
    assert evaluate_all([yes], found).holds is True


def test_phase_is_the_one_that_psbot_has_accepted() -> None:
    assert evaluate(Condition("phase", "wrap-up"), facts(phase="wrap-up")).holds
    assert not evaluate(Condition("phase", "wrap-up"), facts(phase="delivery")).holds


@pytest.mark.parametrize("name", GUARDS)
def test_guard_says_in_words_what_it_wants(name: str) -> None:
    takes = GUARDS[name].argument
    condition = Condition(name, None if takes is Argument.NOTHING else "x")
    assert ("{}" in GUARDS[name].description) is (takes is not Argument.NOTHING)
    assert "{" not in describe(condition)
