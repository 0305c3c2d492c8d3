"""Change requests: what one says, which instrument it needs and why, and who may decide on it."""

import json
import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from psbot.core.engagement import Amendment, Engagement
from psbot.core.lines import said

_HOURS = re.compile(r"[+-]?\d{1,6}(?:\.\d{1,2})?")
_PLAIN = re.compile(r"[A-Z]{2,}-[A-Za-z0-9-]+|[a-z-]+/\d+")  # needs no quotes in YAML
_MOST_HOURS = 100_000
QUARTER = 3  # months


@dataclass(frozen=True, slots=True)
class When:
    """Conditions, all of which must hold; None for one that is not set."""

    hours: str | None = None
    months: int | None = None
    later: bool | None = None
    contract: str | None = None
    situation: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """An instrument, when it is the one, and why."""

    use: str
    because: str
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Way:
    """The values of the change scope, by what they stand for."""

    draft: str = "draft"
    impact: str = "impact"
    approval: str = "approval"
    approved: str = "approved"
    rejected: str = "rejected"


@dataclass(frozen=True, slots=True)
class Quarterly:
    """The instruments that are to be closed by the end of a quarter, and how many business days before that is said."""

    instruments: frozenset[str] = frozenset()
    warn_before: int = 10
    first_month: int = 1


@dataclass(frozen=True, slots=True)
class Changes:
    """What ``config/changes.yml`` says; without a kind there are no change requests.

    ``lines`` are how the lines that psbot reads begin, by what they say.
    """

    kind: str = ""
    lines: Mapping[str, str] = field(default_factory=dict)
    nothing: str = "none"
    situations: Mapping[str, str] = field(default_factory=dict)
    instruments: tuple[Rule, ...] = ()
    approvers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    way: Way = field(default_factory=Way)
    impact: tuple[str, ...] = ()
    amends: frozenset[str] = frozenset()
    quarterly: Quarterly = field(default_factory=Quarterly)

    @property
    def needed(self) -> tuple[str, ...]:
        """Return the names of the lines that are filled before anybody approves."""
        return (*TELLING, *self.impact)

    def named(self, names: Iterable[str]) -> str:
        """Return how people call the lines *names*."""
        return ", ".join(self.lines[name] for name in names)


@dataclass(frozen=True, slots=True)
class Request:
    """What a change request says; ``answers`` are the lines that are filled, ``wrong`` what cannot be read, and why."""

    answers: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    hours: float | None = None
    new_end: date | None = None
    contract: str | None = None
    situations: frozenset[str] = frozenset()
    signed_on: date | None = None
    reference: str | None = None

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of *names* that have no readable answer."""
        return tuple(name for name in names if name not in self.answers or name in self.wrong)


@dataclass(frozen=True, slots=True)
class Choice:
    """An instrument and why it is the one."""

    instrument: str
    because: str


# The lines without which no instrument can be told, and those of the signed paper.
TELLING = ("hours", "new_end", "contract", "situation")
PAPER = ("reference", "signed_on")


def read(description: str, changes: Changes) -> Request:
    """Return what the lines of *description* say; the first filled line of a name counts."""
    return understood(said(description, changes.lines), changes)


def understood(answers: Mapping[str, str], changes: Changes) -> Request:
    """Return what *answers*, by the names of the lines, say."""
    wrong: dict[str, str] = {}
    given = {
        name: value
        for name, value in answers.items()
        if value.strip().casefold() != changes.nothing.casefold()
    }
    hours = _hours(given.get("hours"), wrong)
    days = {name: _day(name, given.get(name), wrong) for name in ("new_end", "signed_on")}
    contract = given.get("contract")
    if contract not in (None, "fixed-fee", "time-and-materials"):
        wrong["contract"] = f"{contract} is neither fixed-fee nor time-and-materials"
        contract = None
    named = [each.strip() for each in given.get("situation", "").split(",") if each.strip()]
    if unknown := [each for each in named if each not in changes.situations]:
        wrong["situation"] = f"{', '.join(unknown)} is not among {', '.join(changes.situations)}"
    return Request(
        answers=dict(answers),
        wrong=wrong,
        hours=hours,
        new_end=days["new_end"],
        contract=contract,
        situations=frozenset(named) & changes.situations.keys(),
        signed_on=days["signed_on"],
        reference=given.get("reference"),
    )


def _hours(text: str | None, wrong: dict[str, str]) -> float | None:
    if text is None:
        return 0.0
    text = text.replace("\N{MINUS SIGN}", "-")
    match = _HOURS.match(text)
    if match is None or abs(float(match.group())) > _MOST_HOURS or not _is_hours(text[match.end() :]):
        wrong["hours"] = f"{text} is not a number of hours, such as 40 or -8"
        return None
    return float(match.group())


def _is_hours(rest: str) -> bool:
    return rest.strip().casefold() in ("", "h", "hours")


def _day(name: str, text: str | None, wrong: dict[str, str]) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong[name] = f"{text} is not a day, such as 2027-03-26"
        return None


def choose(request: Request, engagement: Engagement, today: date, changes: Changes) -> Choice | None:
    """Return the instrument that *request* needs and why; None while it does not say enough."""
    if request.missing(TELLING):
        return None
    for rule in changes.instruments:
        if _holds(rule.when, request, engagement, today):
            return Choice(rule.use, rule.because)
    return None


def _holds(when: When, request: Request, engagement: Engagement, today: date) -> bool:
    hours, end, new_end = request.hours or 0, engagement.ends_on(today), request.new_end
    is_switched = request.contract is not None and request.contract != engagement.contract
    return all(
        (
            when.hours is None or (hours > 0 if when.hours == "more" else hours < 0),
            when.months is None or (new_end is not None and new_end >= months_after(end, when.months)),
            when.later is None or (new_end is not None and new_end > end) is when.later,
            when.contract is None or is_switched,
            when.situation is None or when.situation in request.situations,
        )
    )


def months_after(day: date, months: int) -> date:
    """Return the same day *months* later, or the last of its month where that is shorter."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def approvers(instrument: str | None, engagement: Engagement, changes: Changes) -> frozenset[str]:
    """Return the usernames of those who may decide on a change by *instrument*; the manager stands in."""
    people = {
        "manager": engagement.manager,
        "project_manager": engagement.project_manager,
        "delivery_lead": engagement.delivery_lead,
        "lead": engagement.lead,
    }
    roles = changes.approvers.get(instrument or "", ("manager",))
    return frozenset(people[role] or engagement.manager for role in roles)


def quarter_end(day: date, first_month: int = 1) -> date:
    """Return the last day of the quarter that *day* lies in; quarters are counted from *first_month* of a year."""
    into = (day.month - first_month) % QUARTER
    return months_after(day.replace(day=1), QUARTER - into) - timedelta(days=1)


def is_own(each: Amendment, key: str, request: Request) -> bool:
    """Tell whether an amendment of the engagement file is the change *request* of item *key*."""
    return each.reference in (key, request.reference)


def without(key: str, request: Request, engagement: Engagement) -> Engagement:
    """Return the engagement as it is without the change *request* of item *key* and those signed after it."""
    places = [at for at, each in enumerate(engagement.amendments) if is_own(each, key, request)]
    return replace(engagement, amendments=engagement.amendments[: places[0]]) if places else engagement


@dataclass(frozen=True, slots=True)
class Amending:
    """What the engagement file still lacks of a signed change: an entry under ``amendments:``, another contract."""

    amendment: Amendment | None = None
    contract: str | None = None

    @property
    def is_nothing(self) -> bool:
        """Tell whether the file has it all."""
        return self.amendment is None and self.contract is None


def amending(key: str, request: Request, engagement: Engagement, today: date) -> Amending | None:
    """Return what the file lacks of the change *request* of item *key*; None while it is not signed.

    A day of signature that cannot be read, or is still to come, is none. A change of the contract alone has an
    entry of no hours, so that the log keeps it.
    """
    if request.signed_on is None or request.signed_on > today or request.wrong:
        return None
    contract = request.contract if request.contract != engagement.contract else None
    has_it = any(is_own(each, key, request) for each in engagement.amendments)
    if has_it or not (request.hours or request.new_end or contract):
        return Amending(contract=contract)
    hours = request.hours or (None if request.new_end else 0.0)
    entry = Amendment(request.reference or key, request.signed_on, hours, request.new_end)
    return Amending(entry, contract)


def entry(amendment: Amendment) -> str:
    """Return *amendment* as it is written under ``amendments:``, one line of YAML."""
    parts = [f"reference: {_scalar(amendment.reference)}", f"signed_on: {amendment.signed_on}"]
    if amendment.hours is not None:
        parts.append(f"hours: {f'{amendment.hours:.2f}'.rstrip('0').rstrip('.')}")
    if amendment.ends_on is not None:
        parts.append(f"ends_on: {amendment.ends_on}")
    return "{" + ", ".join(parts) + "}"


def lines_of(change: Amending) -> str:
    """Say in one line what the engagement file lacks."""
    parts = [f"contract: {change.contract}"] if change.contract else []
    parts += [f"amendments: - {entry(change.amendment)}"] if change.amendment else []
    return " and ".join(parts)


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
