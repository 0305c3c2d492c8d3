"""The policies of ``config/staleness.yml`` in words."""

from collections.abc import Iterable, Iterator

from psbot.core.model.staleness_policy import Measure, Policy, Rung, Staleness

_COUNTS = {
    Measure.IDLE: "since a person last acted on it, while the team has the move",
    Measure.WAITING: "since a person last acted on it, while the customer has the move",
    Measure.IN_STATE: "in its state",
    Measure.OVERDUE: "after its due day",
    Measure.MISSED: "after the last one that was to take place, while it is not done",
    Measure.SILENCE: "since a person last acted on anything of it",
}
_WHO = {"assignee": "the assignee", "manager": "the manager", "delivery_lead": "the delivery lead"}


def in_words(staleness: Staleness) -> Iterator[str]:
    """Yield one sentence for each policy, then the ladder, what is exempt, and the ceilings."""
    for policy in staleness.policies.values():
        yield f"{policy.name}: {_about(policy)}, from {_days(policy.after)} on, counted {_COUNTS[policy.measure]}"
        yield f"  says: {policy.says}"
    yield "Told: " + "; ".join(_rungs(staleness.ladder, staleness.delivery_lead))
    exempt = staleness.exempt
    for names, what in (
        (exempt.labels, "labelled"),
        (exempt.kinds, "of the kind"),
        (exempt.phases, "in the phase"),
    ):
        if names:
            yield f"Never looked at: {what} {_list(names)}."
    ceilings = staleness.ceilings
    yield f"One run posts at most {ceilings.notes} digests and flags at most {ceilings.items} items anew."


def _about(policy: Policy) -> str:
    where = f" in {_list(policy.phases)}" if policy.phases else ""
    if policy.is_of_engagement:
        return f"an engagement{where}"
    kinds = _list(policy.kinds) if policy.kinds else "any item"
    but = f" but {_list(policy.except_kinds)}" if policy.except_kinds else ""
    states = f" in {_list(policy.states)}" if policy.states else ""
    own = ", while the engagement is in the item's own phase" if policy.in_own_phase else ""
    during = f", while the engagement is{where}" if where else ""
    return f"{kinds}{but}{states}{own}{during}"


def _rungs(ladder: Iterable[Rung], lead: str | None) -> Iterator[str]:
    for rung in ladder:
        who = _WHO[rung.tell.value]
        who += f" (where the file names none: {lead})" if lead and rung.tell == "delivery_lead" else ""
        after = f" after {_days(rung.wait)} more" if rung.wait else " first"
        yield f"{who}{after}, flagged {rung.flag}"


def _days(count: int) -> str:
    return f"{count} business day{'' if count == 1 else 's'}"


def _list(names: Iterable[str]) -> str:
    *first, last = sorted(names)
    return f"{', '.join(first)} and {last}" if first else last
