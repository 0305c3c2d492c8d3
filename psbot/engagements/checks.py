"""Rules across the keys of an engagement file: errors that reject it, and warnings.

A rule sees only the parts that are valid on their own, so that all problems of a file are reported at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from psbot.core.model.calendar import WEEKDAYS, Workdays
from psbot.engagements import public_holidays
from psbot.engagements.policy import FilePolicy
from psbot.engagements.schema import AmendmentEntry, GitLabPlaces, MilestoneEntry, People
from psbot.engagements.time_zones import is_time_zone, suggest_time_zone
from psbot.parsing.validation import suggest
from psbot.parsing.yaml_document import KeyPath

MAX_DAYS = 5 * 366


@dataclass(frozen=True, slots=True)
class RuleViolation:
    """A violation of a rule at one place; a warning has a ``code``, an error has none."""

    path: KeyPath
    message: str
    hint: str
    code: str | None = None
    at_key: bool = False


@dataclass(frozen=True, slots=True)
class FileParts:
    """The valid parts of one file, and the policy that it must follow."""

    parts: Mapping[str, Any]
    policy: FilePolicy

    def part(self, name: str) -> Any | None:  # noqa: ANN401  the type is the file model's
        """Return the value of a top-level key; None if it is missing or invalid."""
        return self.parts.get(name)

    @property
    def last_end(self) -> date | None:
        """Return the end date after all amendments, including those signed in the future."""
        amendments: list[AmendmentEntry] = self.part("amendments") or []
        return next((each.ends_on for each in reversed(amendments) if each.ends_on), self.part("ends_on"))


def find_violations(file: FileParts) -> Iterator[RuleViolation]:
    """Yield the violations of all rules."""
    for rule in RULES:
        yield from rule(file)


def _check_dates(file: FileParts) -> Iterator[RuleViolation]:
    kick_off, ends, won = (file.part(name) for name in ("kick_off_on", "ends_on", "closed_won_on"))
    if kick_off and ends and ends < kick_off:
        yield RuleViolation(
            ("ends_on",), f"{ends} is before the kick-off on {kick_off}", "correct one of the dates"
        )
    if won and ends and won > ends:
        yield RuleViolation(
            ("closed_won_on",), f"{won} is after the end on {ends}", "correct one of the dates"
        )
    if won and kick_off and won > kick_off and (not ends or won <= ends):
        message = f"Closed Won on {won} is after the kick-off on {kick_off}"
        hint = "work before the signature must be approved as work at risk"
        yield RuleViolation(("closed_won_on",), message, hint, "won-after-kick-off")
    last = file.last_end
    if kick_off and last and last - kick_off > timedelta(days=MAX_DAYS):
        yield RuleViolation(("ends_on",), "the engagement is longer than five years", "check the years")


def _check_milestones(file: FileParts) -> Iterator[RuleViolation]:
    milestones: list[MilestoneEntry] = file.part("milestones") or []
    kick_off, last = file.part("kick_off_on"), file.last_end
    names: dict[str, int] = {}
    for index, milestone in enumerate(milestones):
        first = names.setdefault(" ".join(milestone.name.casefold().split()), index)
        if first != index:
            path = ("milestones", index, "name")
            yield RuleViolation(
                path, f"duplicate milestone name {milestone.name}", "give each milestone a unique name"
            )
        if kick_off and milestone.due < kick_off:
            path = ("milestones", index, "due")
            yield RuleViolation(
                path, f"{milestone.due} is before the kick-off on {kick_off}", "correct one of the dates"
            )
        if last and milestone.due > last:
            path = ("milestones", index, "due")
            yield RuleViolation(
                path, f"{milestone.due} is after the end on {last}", "correct one of the dates"
            )
    if milestones and file.part("contract") == "time-and-materials":
        hint = "make sure that acceptance by milestone is agreed, or delete the milestones"
        yield RuleViolation(
            ("milestones",),
            "time-and-materials engagements rarely have milestones",
            hint,
            "milestones-on-time",
            True,
        )


def _check_amendments(file: FileParts) -> Iterator[RuleViolation]:
    amendments: list[AmendmentEntry] = file.part("amendments") or []
    kick_off, hours = file.part("kick_off_on"), file.part("budget_hours")
    references: set[str] = set()
    for index, amendment in enumerate(amendments):
        path: KeyPath = ("amendments", index)
        if amendment.hours is None and amendment.ends_on is None:
            yield RuleViolation(
                path,
                "the amendment changes nothing",
                "add hours: or ends_on:, or hours: 0 if nothing changes",
            )
        if index and amendment.signed_on < amendments[index - 1].signed_on:
            hint = "sort the amendments by signing date"
            yield RuleViolation(
                (*path, "signed_on"), f"{amendment.signed_on} is before the amendment above", hint
            )
        if amendment.reference in references:
            yield RuleViolation(
                (*path, "reference"), f"duplicate reference {amendment.reference}", "keep one of them"
            )
        if kick_off and amendment.ends_on and amendment.ends_on < kick_off:
            message = f"{amendment.ends_on} is before the kick-off on {kick_off}"
            yield RuleViolation((*path, "ends_on"), message, "correct one of the dates")
        references.add(amendment.reference)
        hours = None if hours is None else hours + (amendment.hours or 0)
        if hours is not None and hours < 0:
            yield RuleViolation(
                (*path, "hours"), f"the hours sold would be {hours:g}", "check the sign and the budget"
            )
            hours = None


def _check_time_zone(file: FileParts) -> Iterator[RuleViolation]:
    name = file.part("time_zone")
    if name and not is_time_zone(name):
        yield RuleViolation(("time_zone",), f"{name} is not a known time zone", suggest_time_zone(name))


def _check_holidays(file: FileParts) -> Iterator[RuleViolation]:
    for index, region in enumerate(file.part("holidays") or []):
        if what := public_holidays.region_problem(region):
            yield RuleViolation(("holidays", index), *what)


def _check_base_dates(file: FileParts) -> Iterator[RuleViolation]:
    """Warn about base dates that are not business days."""
    workdays = business_days_of(file)
    if workdays is None:
        return
    dates: list[tuple[KeyPath, date | None]] = [
        ((name,), file.part(name)) for name in ("closed_won_on", "kick_off_on", "ends_on")
    ]
    dates += [(("milestones", at, "due"), each.due) for at, each in enumerate(file.part("milestones") or [])]
    dates += [
        (("amendments", at, "ends_on"), each.ends_on) for at, each in enumerate(file.part("amendments") or [])
    ]
    for path, day in dates:
        if day and not workdays.is_business_day(day):
            what = (
                "is a public holiday"
                if day.weekday() in workdays.weekdays
                else f"is a {WEEKDAYS[day.weekday()]}"
            )
            yield RuleViolation(
                path, f"{day} {what}", "psbot does not shift base dates; choose a business day", "day-off"
            )


def business_days_of(file: FileParts) -> Workdays | None:
    """Return the business days of the engagement; None if its dates or regions are invalid."""
    regions, dates = file.part("holidays"), [file.part("kick_off_on"), file.last_end]
    if not regions or None in dates or any(map(public_holidays.region_problem, regions)):
        return None
    years = [day.year for day in [*dates, file.part("closed_won_on")] if day]
    off = [public_holidays.holidays_in(region, min(years) - 1, max(years) + 2) for region in regions]
    company = file.policy.company_calendar
    return Workdays(company.days_off.union(*off), company.weekdays)


def _check_call_day(file: FileParts) -> Iterator[RuleViolation]:
    calls = file.part("calls")
    working = file.policy.company_calendar.weekdays
    if calls and WEEKDAYS.index(calls.on) not in working:
        days = ", ".join(WEEKDAYS[day] for day in sorted(working))
        yield RuleViolation(("calls", "on"), f"{calls.on} is not a business day", f"write one of {days}")


def _check_places(file: FileParts) -> Iterator[RuleViolation]:
    gitlab: GitLabPlaces | None = file.part("gitlab")
    if gitlab is None:
        return
    for name, project in (("project", gitlab.project), ("internal_project", gitlab.internal_project)):
        if project and not project.startswith(f"{gitlab.group}/"):
            hint = f"choose a project below {gitlab.group}, or a group above both"
            yield RuleViolation(("gitlab", name), f"{project} is not below the group {gitlab.group}", hint)
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
            path, "the customer can see this project", "choose another project for internal items"
        )
    if gitlab.internal_project and gitlab.internal:
        hint = "delete gitlab.internal, or the internal project"
        yield RuleViolation(("gitlab", "internal"), "an internal project is already set", hint)
    if not gitlab.internal_project and not gitlab.internal:
        hint = "add internal_project:, or accept the risk with internal: confidential-in-shared"
        yield RuleViolation(path, "there is no project for internal items", hint)
    if not gitlab.internal_project and gitlab.internal:
        message = "internal items will be confidential issues in the project that the customer can see"
        hint = "every member with at least the Planner or Reporter role can read them; an internal_project is safer"
        yield RuleViolation(("gitlab", "internal"), message, hint, "internal-in-shared")


def _check_people(file: FileParts) -> Iterator[RuleViolation]:
    people: People | None = file.part("people")
    engineers = people.engineers if people else []
    for index, name in enumerate(engineers):
        if name in engineers[:index]:
            yield RuleViolation(
                ("people", "engineers", index), f"duplicate engineer {name}", "keep one of them"
            )


def _check_skip(file: FileParts) -> Iterator[RuleViolation]:
    skip = file.part("skip")
    if not skip:
        return
    kinds = file.policy.kinds
    by_item = {kind.item: kind for kind in kinds.values()}
    for name in skip:
        kind = kinds.get(name) or by_item.get(name.partition("/")[0])
        if kind is None:
            yield RuleViolation(("skip", name), "unknown kind", suggest(name, kinds), at_key=True)
        elif not kind.skippable:
            yield RuleViolation(("skip", name), f"{name} cannot be skipped", "delete the line", at_key=True)


def _check_intake(file: FileParts) -> Iterator[RuleViolation]:
    hosting = file.part("hosting")
    for name in file.part("intake") or {}:
        hostings = file.policy.question_hostings
        asked_for = hostings.get(name)
        if asked_for is None:
            yield RuleViolation(("intake", name), "unknown question", suggest(name, hostings), at_key=True)
        elif hosting and asked_for not in ("both", hosting):
            message = f"the question is for {asked_for} hosting, but the engagement uses {hosting}"
            yield RuleViolation(
                ("intake", name), message, "delete the answer, or check hosting:", "answer-unused", True
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
