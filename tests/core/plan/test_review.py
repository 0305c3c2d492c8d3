"""How a plan differs from the one that reviewers approved."""

from dataclasses import replace
from datetime import date

from psbot.core.model.item import Item
from psbot.core.model.operations import CreateChild, Redescribe, Reschedule
from psbot.core.plan.plan import Plan
from psbot.core.plan.review import build_reviewed_plan, differences

KICK_OFF = Item("kick-off", "kick-off", "a/b", "Kick-off", "Text.\n", due_on=date(2026, 12, 1))
CREATE = CreateChild(KICK_OFF, "in the engagement file, not in GitLab")
MOVE = Reschedule(replace(KICK_OFF, key="log", iid=2), None, date(2026, 12, 1), "changed")


def test_same_plan_has_no_differences() -> None:
    plan = Plan("acme", (CREATE, MOVE))
    assert differences(build_reviewed_plan(plan), plan) == ()


def test_added_removed_and_changed_operations_are_named() -> None:
    reviewed = build_reviewed_plan(Plan("acme", (CREATE, MOVE)))
    later = CreateChild(replace(KICK_OFF, due_on=date(2026, 12, 2)), CREATE.reason)
    other = CreateChild(replace(KICK_OFF, key="intake-aws"), CREATE.reason)
    assert differences(reviewed, Plan("acme", (later, other))) == (
        "create-child intake-aws is new",
        "reschedule log is no longer planned",
        "create-child kick-off has changed",
    )


def test_managed_text_and_occurrences_are_not_reviewed() -> None:
    reviewed = build_reviewed_plan(Plan("acme", (CREATE,)))
    call = CreateChild(replace(KICK_OFF, key="call/2026-12-08"), "due", is_occurrence=True)
    assert differences(reviewed, Plan("acme", (CREATE, call, Redescribe(KICK_OFF, {"overview": "x"})))) == ()
