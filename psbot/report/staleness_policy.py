"""Describes the policies of ``config/staleness.yml`` in plain sentences."""

from collections.abc import Iterable, Iterator

from psbot.core.model.staleness_policy import EscalationStep, Measure, StalenessPolicy, StalenessSettings
from psbot.core.text.quantity import quantity

_MEASURE_TEXT = {
    Measure.IDLE: "after the last human activity, while the team must act",
    Measure.WAITING: "after the last human activity, while the customer must act",
    Measure.IN_STATE: "in its current state",
    Measure.OVERDUE: "after its due date",
    Measure.MISSED: "after the date of the last occurrence, while it is not done",
    Measure.SILENCE: "after the last human activity on any of its items",
}
_RECIPIENT_TEXT = {"assignee": "the assignee", "manager": "the manager", "delivery_lead": "the delivery lead"}


def describe_policies(staleness: StalenessSettings) -> Iterator[str]:
    """Yield one line for each policy, then the escalation, what is exempt, and the limits of a run."""
    for policy in staleness.policies.values():
        stale_from = f"stale from {_days_text(policy.after)} {_MEASURE_TEXT[policy.measure]}"
        yield f"{policy.name}: {_scope_text(policy)}: {stale_from}"
        yield f"  message: {policy.message}"
    yield "Notified: " + "; ".join(_escalation_steps(staleness.escalation, staleness.delivery_lead))
    exempt = staleness.exempt
    for names, what in (
        (exempt.labels, "items labelled"),
        (exempt.kinds, "items of the kind"),
        (exempt.phases, "engagements in the phase"),
    ):
        if names:
            yield f"Exempt: {what} {_names_text(names)}."
    limits = staleness.limits
    yield (
        f"One run posts at most {quantity(limits.notes, 'digest')} and flags at most "
        f"{quantity(limits.items, 'new item')}."
    )


def _scope_text(policy: StalenessPolicy) -> str:
    where = f" in {_names_text(policy.phases)}" if policy.phases else ""
    if policy.is_about_engagement:
        return f"an engagement{where}"
    kinds = _names_text(policy.kinds) if policy.kinds else "any item"
    but = f" except {_names_text(policy.except_kinds)}" if policy.except_kinds else ""
    states = f" in {_names_text(policy.states)}" if policy.states else ""
    own = ", while the engagement is in the item's own phase" if policy.in_own_phase else ""
    during = f", while the engagement is{where}" if where else ""
    return f"{kinds}{but}{states}{own}{during}"


def _escalation_steps(steps: Iterable[EscalationStep], lead: str | None) -> Iterator[str]:
    for step in steps:
        who = _RECIPIENT_TEXT[step.recipient.value]
        who += (
            f" (if the engagement file names none: {lead})"
            if lead and step.recipient == "delivery_lead"
            else ""
        )
        after = f" after {_days_text(step.after, 'more ')}" if step.after else " first"
        yield f"{who}{after}, labelled {step.flag}"


def _days_text(count: int, more: str = "") -> str:
    return quantity(count, f"{more}business day")


def _names_text(names: Iterable[str]) -> str:
    *first, last = sorted(names)
    return f"{', '.join(first)} or {last}" if first else last
