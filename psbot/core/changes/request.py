"""Parse a change request from the fields in its description."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from psbot.core.model.change_policy import ChangePolicy
from psbot.core.text.form import read_fields

_HOURS = re.compile(r"[+-]?\d{1,6}(?:\.\d{1,2})?")
_MAX_HOURS = 100_000


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """What a change request asks for.

    ``answers`` are the fields that have a value, by name. ``invalid`` says which values cannot be read, and why.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    invalid: Mapping[str, str] = field(default_factory=dict)
    hours: float | None = None
    new_end: date | None = None
    contract: str | None = None
    situations: frozenset[str] = frozenset()
    signed_on: date | None = None
    reference: str | None = None

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of *names* that have no value, or an invalid one."""
        return tuple(name for name in names if name not in self.answers or name in self.invalid)


def parse_request(description: str, policy: ChangePolicy) -> ChangeRequest:
    """Return the change request in *description*; of a field that occurs twice, the first value is used."""
    return interpret(read_fields(description, policy.fields), policy)


def interpret(answers: Mapping[str, str], policy: ChangePolicy) -> ChangeRequest:
    """Return the change request with *answers*, which are by field name."""
    invalid: dict[str, str] = {}
    given = {
        name: value
        for name, value in answers.items()
        if value.strip().casefold() != policy.nothing.casefold()
    }
    hours = _parse_hours(given.get("hours"), invalid)
    days = {name: _parse_day(name, given.get(name), invalid) for name in ("new_end", "signed_on")}
    contract = given.get("contract")
    if contract not in (None, "fixed-fee", "time-and-materials"):
        invalid["contract"] = f"{contract} is neither fixed-fee nor time-and-materials"
        contract = None
    named = [each.strip() for each in given.get("situation", "").split(",") if each.strip()]
    if unknown := [each for each in named if each not in policy.situations]:
        verb = "is" if len(unknown) == 1 else "are"
        invalid["situation"] = f"{', '.join(unknown)} {verb} not among {', '.join(policy.situations)}"
    return ChangeRequest(
        answers=dict(answers),
        invalid=invalid,
        hours=hours,
        new_end=days["new_end"],
        contract=contract,
        situations=frozenset(named) & policy.situations.keys(),
        signed_on=days["signed_on"],
        reference=given.get("reference"),
    )


def _parse_hours(text: str | None, invalid: dict[str, str]) -> float | None:
    if text is None:
        return 0.0
    text = text.replace("\N{MINUS SIGN}", "-")
    match = _HOURS.match(text)
    if match is None or abs(float(match.group())) > _MAX_HOURS or not _is_hours_unit(text[match.end() :]):
        invalid["hours"] = f"{text} is not a number of hours, such as 40 or -8"
        return None
    return float(match.group())


def _is_hours_unit(rest: str) -> bool:
    return rest.strip().casefold() in ("", "h", "hours")


def _parse_day(name: str, text: str | None, invalid: dict[str, str]) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        invalid[name] = f"{text} is not a date, such as 2027-03-26"
        return None
