"""The policies of ``config/staleness.yml`` in words."""

from collections.abc import Iterable, Iterator

from psbot.core.model.staleness_policy import EscalationStep, Measure, StalenessPolicy, StalenessSettings

_MEASURE_TEXT = {
    Measure.IDLE: "since a person last acted on it, while the team has the move",
    Measure.WAITING: "since a person last acted on it, while the customer has the move",
    Measure.IN_STATE: "in its state",
    Measure.OVERDUE: "after its due day",
    Measure.MISSED: "after the last one that was to take place, while it is not done",
    Measure.SILENCE: "since a person last acted on anything of it",
}
_RECIPIENT_TEXT = {"assignee": "the assignee", "manager": "the manager", "delivery_lead": "the delivery lead"}


def describe_policies(staleness: StalenessSettings) -> Iterator[str]:
    """Yield one sentence for each policy, then the ladder, what is exempt, and the ceilings."""
    for policy in staleness.policies.values():
        counted = _MEASURE_TEXT[policy.measure]
        yield f"{policy.name}: {_scope_text(policy)}, from {_days_text(policy.after)} on, counted {counted}"
        yield f"  says: {policy.message}"
    yield "Told: " + "; ".join(_escalation_steps(staleness.escalation, staleness.delivery_lead))
    exempt = staleness.exempt
    for names, what in (
        (exempt.labels, "labelled"),
        (exempt.kinds, "of the kind"),
        (exempt.phases, "in the phase"),
    ):
        if names:
            yield f"Never looked at: {what} {_names_text(names)}."
    ceilings = staleness.limits
    yield f"One run posts at most {ceilings.notes} digests and flags at most {ceilings.items} items anew."


def _scope_text(policy: StalenessPolicy) -> str:
    where = f" in {_names_text(policy.phases)}" if policy.phases else ""
    if policy.is_about_engagement:
        return f"an engagement{where}"
    kinds = _names_text(policy.kinds) if policy.kinds else "any item"
    but = f" but {_names_text(policy.except_kinds)}" if policy.except_kinds else ""
    states = f" in {_names_text(policy.states)}" if policy.states else ""
    own = ", while the engagement is in the item's own phase" if policy.in_own_phase else ""
    during = f", while the engagement is{where}" if where else ""
    return f"{kinds}{but}{states}{own}{during}"


def _escalation_steps(ladder: Iterable[EscalationStep], lead: str | None) -> Iterator[str]:
    for rung in ladder:
        who = _RECIPIENT_TEXT[rung.recipient.value]
        who += f" (where the file names none: {lead})" if lead and rung.recipient == "delivery_lead" else ""
        after = f" after {_days_text(rung.after)} more" if rung.after else " first"
        yield f"{who}{after}, flagged {rung.flag}"


def _days_text(count: int) -> str:
    return f"{count} business day{'' if count == 1 else 's'}"


def _names_text(names: Iterable[str]) -> str:
    *first, last = sorted(names)
    return f"{', '.join(first)} and {last}" if first else last
