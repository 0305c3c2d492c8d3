"""What is missing on the server, in the token and around the engagements, and how to mend it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from psbot.apply.preflight import describe_missing, needed_memberships
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.plan.plan import Plan
from psbot.doctor.check import Check, CheckResult
from psbot.doctor.labels import check_labels
from psbot.doctor.permissions import READ_SCOPE, WRITE_SCOPE, commands_with_scope
from psbot.errors import GitLabError
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.values import Access
from psbot.observe.access import find_problems
from psbot.observe.visibility import outside_readers

OLDEST_GITLAB = (18, 1)  # the first GitLab whose epics are work items that GraphQL makes and changes
_EXPIRES_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class DoctorInput:
    """What is examined: engagements by their file's name, each with the plan for an empty GitLab."""

    engagements: Mapping[str, Engagement]
    plans: Mapping[str, Plan]
    process: Process
    today: date


def examine(
    reader: GitLabReader, url: str, doctor_input: DoctorInput, more_checks: Iterable[Check] = ()
) -> Iterator[Check]:
    """Yield every check, then *more*; ends early where the server or the token makes the others pointless."""
    try:
        facts = reader.fetch_server()
    except GitLabError as error:
        yield Check(url, CheckResult.MISSING, error.message, error.hint)
        return
    yield _check_version(url, facts.version, facts.is_enterprise)
    if facts.author is None:
        yield Check(
            url, CheckResult.MISSING, "GitLab does not know the token", "make a new one for this server"
        )
        return
    machine = "a machine account" if facts.author.is_machine else "a person's account"
    yield Check(url, CheckResult.OK, f"the token belongs to {facts.author.username}, {machine}")
    yield from _check_token(reader, url, doctor_input.today)
    for file, engagement in doctor_input.engagements.items():
        yield from _check_engagement(reader, file, engagement, doctor_input)
    groups = [each.gitlab.label_group for each in doctor_input.engagements.values()]
    yield from _or_unknown("labels", lambda: check_labels(reader, groups, doctor_input.process.catalogue))
    yield from more_checks


def _check_version(url: str, version: str, is_enterprise: bool) -> Check:
    edition = "Enterprise Edition" if is_enterprise else "Community Edition"
    found = f"GitLab {version}, {edition}"
    numbers = tuple(map(int, re.findall(r"[0-9]{1,9}", version)[:2]))
    if numbers < OLDEST_GITLAB:
        oldest = ".".join(map(str, OLDEST_GITLAB))
        return Check(url, CheckResult.MISSING, found, f"psbot needs GitLab {oldest} or newer")
    if not is_enterprise:
        return Check(url, CheckResult.MISSING, found, "psbot needs epics: GitLab Premium or Ultimate")
    return Check(url, CheckResult.OK, found)


def _check_token(reader: GitLabReader, url: str, today: date) -> Iterator[Check]:
    try:
        token = reader.fetch_token()
    except GitLabError as error:
        yield Check(url, CheckResult.UNKNOWN, f"GitLab does not tell the token's scopes ({error.message})")
        return
    scopes = ", ".join(sorted(token.scopes))
    if WRITE_SCOPE in token.scopes:
        yield Check(url, CheckResult.OK, f"the token has the scope {scopes}")
    elif READ_SCOPE in token.scopes:
        yield Check(
            url,
            CheckResult.WARNING,
            f"the token has the scope {scopes}: it can read, not write",
            f"for {', '.join(commands_with_scope(WRITE_SCOPE))}, make one with the scope {WRITE_SCOPE}",
        )
    else:
        yield Check(
            url,
            CheckResult.MISSING,
            f"the token has the scope {scopes}",
            f"make one with the scope {WRITE_SCOPE}",
        )
    if token.expires_on is not None and token.expires_on - today <= _EXPIRES_SOON:
        yield Check(url, CheckResult.WARNING, f"the token expires on {token.expires_on}", "rotate it in time")


def _check_engagement(
    reader: GitLabReader, file: str, engagement: Engagement, patient: DoctorInput
) -> Iterator[Check]:
    gitlab = engagement.gitlab
    try:
        access = reader.fetch_access(gitlab.group, [gitlab.project, gitlab.internal], gitlab.label_group)
    except GitLabError as error:
        yield Check(file, CheckResult.UNKNOWN, error.message, error.hint)
        return
    found = list(find_problems(access, engagement))
    yield from (Check(file, CheckResult.MISSING, each.problem, each.fix) for each in found)
    if not found:
        yield Check(
            file, CheckResult.OK, f"{_namespace_paths(engagement)}: seen, and the role is high enough"
        )
    yield from _or_unknown(file, lambda: _check_members(reader, file, patient.plans[file], access))
    yield from _or_unknown(file, lambda: _check_readers(reader, file, engagement, patient.process))


def _namespace_paths(engagement: Engagement) -> str:
    gitlab = engagement.gitlab
    return ", ".join(dict.fromkeys((gitlab.group, gitlab.project, gitlab.internal)))


def _check_members(reader: GitLabReader, file: str, plan: Plan, access: Access) -> Iterator[Check]:
    seen = {path for path, place in access.projects.items() if place} | {
        access.group.path if access.group else ""
    }
    asked = sorted(set(needed_memberships(plan)), key=lambda each: (each.path, each.username))
    names = sorted({each.username for each in asked})
    unseen = any(each.path not in seen for each in asked)
    asked = [each for each in asked if each.path in seen]
    lost = list(describe_missing(names, asked, reader.fetch_accounts(names, asked)))
    for each in lost:
        yield Check(file, CheckResult.MISSING, each, "correct people: in the file, or have them invited")
    if not lost:
        known = "known; the places that are not seen were not checked" if unseen else "known, and members"
        yield Check(file, CheckResult.OK, f"{', '.join(names)}: {known}")


def _check_readers(
    reader: GitLabReader, file: str, engagement: Engagement, process: Process
) -> Iterator[Check]:
    for finding in outside_readers(reader, [engagement], process).get(engagement.key, ()):
        found, _, mend = finding.message.partition("; ")
        yield Check(file, CheckResult.WARNING, found, mend)


def _or_unknown(about: str, check: Callable[[], Iterator[Check]]) -> Sequence[Check]:
    """Return the checks, or the one that says why they could not be made."""
    try:
        return list(check())
    except GitLabError as error:
        return [Check(about, CheckResult.UNKNOWN, error.message, error.hint)]
