"""Rules across the keys of an engagement file: errors that stop it, warnings that a person should read.

A rule sees only the parts that are right on their own, so that everything wrong in a file is said at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from psbot.core.model.calendar import WEEKDAYS, Workdays
from psbot.engagements import public_holidays
from psbot.engagements.policy import FilePolicy
from psbot.engagements.schema import AmendmentEntry, GitLabPlaces, MilestoneEntry, People
from psbot.parsing.validation import suggest
from psbot.parsing.yaml_document import KeyPath

MAX_DAYS = 5 * 366


@dataclass(frozen=True, slots=True)
class RuleViolation:
    """What a rule has to say about one place; ``code`` names a warning, an error has none."""

    path: KeyPath
    message: str
    hint: str
    code: str | None = None
    at_key: bool = False


@dataclass(frozen=True, slots=True)
class FileParts:
    """The right parts of one file, and what it has to fit."""

    parts: Mapping[str, Any]
    policy: FilePolicy

    def part(self, name: str) -> Any | None:  # noqa: ANN401  the type is the file model's
        """Return the value of a top-level key; None where it is absent or wrong."""
        return self.parts.get(name)

    @property
    def last_end(self) -> date | None:
        """Return the end with every amendment counted, those to be signed later too."""
        amendments: list[AmendmentEntry] = self.part("amendments") or []
        return next((each.ends_on for each in reversed(amendments) if each.ends_on), self.part("ends_on"))


def find_violations(sheet: FileParts) -> Iterator[RuleViolation]:
    """Yield what all rules have to say."""
    for rule in RULES:
        yield from rule(sheet)


def _check_dates(sheet: FileParts) -> Iterator[RuleViolation]:
    kick_off, ends, won = (sheet.part(name) for name in ("kick_off_on", "ends_on", "closed_won_on"))
    if kick_off and ends and ends < kick_off:
        yield RuleViolation(
            ("ends_on",), f"{ends} is before the kick-off on {kick_off}", "put the dates in order"
        )
    if won and ends and won > ends:
        yield RuleViolation(("closed_won_on",), f"{won} is after the end on {ends}", "put the dates in order")
    if won and kick_off and won > kick_off and (not ends or won <= ends):
        message = f"Closed Won on {won} comes after the kick-off on {kick_off}"
        hint = "work before the signature needs leadership's approval, as work at risk"
        yield RuleViolation(("closed_won_on",), message, hint, "won-after-kick-off")
    last = sheet.last_end
    if kick_off and last and last - kick_off > timedelta(days=MAX_DAYS):
        yield RuleViolation(("ends_on",), "the engagement is longer than five years", "check the years")


def _check_milestones(sheet: FileParts) -> Iterator[RuleViolation]:
    milestones: list[MilestoneEntry] = sheet.part("milestones") or []
    kick_off, last = sheet.part("kick_off_on"), sheet.last_end
    names: dict[str, int] = {}
    for index, milestone in enumerate(milestones):
        first = names.setdefault(" ".join(milestone.name.casefold().split()), index)
        if first != index:
            path = ("milestones", index, "name")
            yield RuleViolation(
                path, f"the name {milestone.name} is there twice", "give each milestone a name of its own"
            )
        if kick_off and milestone.due < kick_off:
            path = ("milestones", index, "due")
            yield RuleViolation(
                path, f"{milestone.due} is before the kick-off on {kick_off}", "put the dates in order"
            )
        if last and milestone.due > last:
            path = ("milestones", index, "due")
            yield RuleViolation(path, f"{milestone.due} is after the end on {last}", "put the dates in order")
    if milestones and sheet.part("contract") == "time-and-materials":
        hint = "make sure that acceptance by milestone is agreed, or delete them"
        yield RuleViolation(
            ("milestones",), "time-and-materials rarely has milestones", hint, "milestones-on-time", True
        )


def _check_amendments(sheet: FileParts) -> Iterator[RuleViolation]:
    amendments: list[AmendmentEntry] = sheet.part("amendments") or []
    kick_off, hours = sheet.part("kick_off_on"), sheet.part("budget_hours")
    references: set[str] = set()
    for index, amendment in enumerate(amendments):
        path: KeyPath = ("amendments", index)
        if amendment.hours is None and amendment.ends_on is None:
            yield RuleViolation(
                path, "the amendment changes nothing", "add hours: or ends_on:, hours: 0 where none change"
            )
        if index and amendment.signed_on < amendments[index - 1].signed_on:
            hint = "put amendments in the order in which they were signed"
            yield RuleViolation((*path, "signed_on"), f"{amendment.signed_on} is before the one above", hint)
        if amendment.reference in references:
            yield RuleViolation(
                (*path, "reference"), f"{amendment.reference} is there twice", "keep one of them"
            )
        if kick_off and amendment.ends_on and amendment.ends_on < kick_off:
            message = f"{amendment.ends_on} is before the kick-off on {kick_off}"
            yield RuleViolation((*path, "ends_on"), message, "put the dates in order")
        references.add(amendment.reference)
        hours = None if hours is None else hours + (amendment.hours or 0)
        if hours is not None and hours < 0:
            yield RuleViolation(
                (*path, "hours"), f"the hours sold become {hours:g}", "check the sign and the budget"
            )
            hours = None


def _check_time_zone(sheet: FileParts) -> Iterator[RuleViolation]:
    name = sheet.part("time_zone")
    if name and not is_time_zone(name):
        yield RuleViolation(("time_zone",), f"{name} is not a known time zone", suggest_time_zone(name))


def is_time_zone(name: str) -> bool:
    """Tell whether *name* is a time zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def suggest_time_zone(name: str) -> str:
    """Return the nearest known zone, by the whole name or by its city."""
    zones = {zone.lower(): zone for zone in available_timezones() if "/" in zone or zone == "UTC"}
    cities = {zone.rpartition("/")[2]: zone for zone in zones}
    if city := cities.get(name.lower().rpartition("/")[2]):
        return f"did you mean {zones[city]}?"
    near = suggest(name, zones)
    known = near.removeprefix("did you mean ").removesuffix("?")
    return (
        f"did you mean {zones[known]}?"
        if known in zones
        else "write a zone such as Europe/Berlin or America/New_York"
    )


def _check_holidays(sheet: FileParts) -> Iterator[RuleViolation]:
    for index, region in enumerate(sheet.part("holidays") or []):
        if what := public_holidays.region_problem(region):
            yield RuleViolation(("holidays", index), *what)


def _check_base_dates(sheet: FileParts) -> Iterator[RuleViolation]:
    """Warn of dates that everything else is counted from and on which nobody works."""
    workdays = business_days_of(sheet)
    if workdays is None:
        return
    dates: list[tuple[KeyPath, date | None]] = [
        ((name,), sheet.part(name)) for name in ("closed_won_on", "kick_off_on", "ends_on")
    ]
    dates += [(("milestones", at, "due"), each.due) for at, each in enumerate(sheet.part("milestones") or [])]
    dates += [
        (("amendments", at, "ends_on"), each.ends_on)
        for at, each in enumerate(sheet.part("amendments") or [])
    ]
    for path, day in dates:
        if day and not workdays.is_business_day(day):
            what = (
                "is a public holiday"
                if day.weekday() in workdays.weekdays
                else f"is a {WEEKDAYS[day.weekday()]}"
            )
            yield RuleViolation(
                path, f"{day} {what}", "base dates are not shifted; choose a business day", "day-off"
            )


def business_days_of(sheet: FileParts) -> Workdays | None:
    """Return the business days of the engagement; None where its dates or its regions are wrong."""
    regions, dates = sheet.part("holidays"), [sheet.part("kick_off_on"), sheet.last_end]
    if not regions or None in dates or any(map(public_holidays.region_problem, regions)):
        return None
    years = [day.year for day in [*dates, sheet.part("closed_won_on")] if day]
    off = [public_holidays.holidays_in(region, min(years) - 1, max(years) + 2) for region in regions]
    company = sheet.policy.company_calendar
    return Workdays(company.days_off.union(*off), company.weekdays)


def _check_call_day(sheet: FileParts) -> Iterator[RuleViolation]:
    calls = sheet.part("calls")
    working = sheet.policy.company_calendar.weekdays
    if calls and WEEKDAYS.index(calls.on) not in working:
        days = ", ".join(WEEKDAYS[day] for day in sorted(working))
        yield RuleViolation(("calls", "on"), f"nobody works on a {calls.on}", f"write one of {days}")


def _check_places(sheet: FileParts) -> Iterator[RuleViolation]:
    gitlab: GitLabPlaces | None = sheet.part("gitlab")
    if gitlab is None:
        return
    for name, project in (("project", gitlab.project), ("internal_project", gitlab.internal_project)):
        if project and not project.startswith(f"{gitlab.group}/"):
            hint = f"choose a project below {gitlab.group}, or a group above both"
            yield RuleViolation(
                ("gitlab", name), f"{project} does not lie under the group {gitlab.group}", hint
            )
    if gitlab.label_group and not f"{gitlab.group}/".startswith(f"{gitlab.label_group}/"):
        hint = f"choose {gitlab.group} or a group above it"
        yield RuleViolation(
            ("gitlab", "label_group"), f"{gitlab.label_group} is not above {gitlab.group}", hint
        )
    yield from _check_internal_place(gitlab)


def _check_internal_place(gitlab: GitLabPlaces) -> Iterator[RuleViolation]:
    path = ("gitlab", "internal_project")
    if gitlab.internal_project == gitlab.project:
        yield RuleViolation(
            path, "it is the project that the customer may see", "choose another project for internal items"
        )
    if gitlab.internal_project and gitlab.internal:
        hint = "delete gitlab.internal, or the internal project"
        yield RuleViolation(("gitlab", "internal"), "there is an internal project already", hint)
    if not gitlab.internal_project and not gitlab.internal:
        hint = "add internal_project:, or accept the risk with internal: confidential-in-shared"
        yield RuleViolation(path, "internal items have no place of their own", hint)
    if not gitlab.internal_project and gitlab.internal:
        message = "internal items will be confidential issues in the project that the customer sees"
        hint = "every member from Planner and Reporter up can read them; an internal_project is safer"
        yield RuleViolation(("gitlab", "internal"), message, hint, "internal-in-shared")


def _check_people(sheet: FileParts) -> Iterator[RuleViolation]:
    people: People | None = sheet.part("people")
    engineers = people.engineers if people else []
    for index, name in enumerate(engineers):
        if name in engineers[:index]:
            yield RuleViolation(("people", "engineers", index), f"{name} is there twice", "keep one of them")


def _check_skip(sheet: FileParts) -> Iterator[RuleViolation]:
    skip = sheet.part("skip")
    if not skip:
        return
    kinds = sheet.policy.kinds
    by_item = {kind.item: kind for kind in kinds.values()}
    for name in skip:
        kind = kinds.get(name) or by_item.get(name.partition("/")[0])
        if kind is None:
            yield RuleViolation(("skip", name), "there is no such kind", suggest(name, kinds), at_key=True)
        elif not kind.skippable:
            yield RuleViolation(("skip", name), f"{name} cannot be left out", "delete the line", at_key=True)


def _check_intake(sheet: FileParts) -> Iterator[RuleViolation]:
    hosting = sheet.part("hosting")
    for name in sheet.part("intake") or {}:
        hostings = sheet.policy.question_hostings
        asked_for = hostings.get(name)
        if asked_for is None:
            yield RuleViolation(
                ("intake", name), "there is no such question", suggest(name, hostings), at_key=True
            )
        elif hosting and asked_for not in ("both", hosting):
            message = f"the question is for {asked_for}, the engagement is {hosting}"
            yield RuleViolation(
                ("intake", name), message, "delete the answer, or check hosting", "answer-unused", True
            )


RULES: tuple[Callable[[FileParts], Iterator[RuleViolation]], ...] = (
    _check_dates,
    _check_milestones,
    _check_amendments,
    _check_time_zone,
    _check_holidays,
    _check_base_dates,
    _check_call_day,
    _check_places,
    _check_people,
    _check_skip,
    _check_intake,
)
