"""``psbot doctor``: what is missing on the server, in the token and around the engagements, and how to fix it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from psbot.apply.preflight import describe_missing, needed_memberships
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.plan.plan import Plan
from psbot.doctor.check import Check, CheckResult
from psbot.doctor.customers import check_groups_above, check_separation
from psbot.doctor.label_history import check_label_history
from psbot.doctor.labels import check_labels
from psbot.doctor.permissions import READ_SCOPE, WRITE_SCOPE, commands_with_scope
from psbot.errors import GitLabError
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.values import Access
from psbot.observe.access import find_problems
from psbot.observe.visibility import outside_readers

# The oldest GitLab in whose published GraphQL schema every document of psbot is known to be valid; `workItems` takes
# `parentIds` since 18.3 at the earliest (app/graphql/resolvers/concerns/work_items/shared_filter_arguments.rb of 18.6).
OLDEST_GITLAB = (18, 7)
_EXPIRES_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class DoctorInput:
    """What is checked: engagements by file name, each with its plan for an empty GitLab."""

    engagements: Mapping[str, Engagement]
    plans: Mapping[str, Plan]
    process: Process
    today: date


def examine(
    reader: GitLabReader, url: str, doctor_input: DoctorInput, more_checks: Iterable[Check] = ()
) -> Iterator[Check]:
    """Yield every check, then *more_checks*; ends early where the server or the token cannot be used."""
    try:
        server = reader.fetch_server()
    except GitLabError as error:
        yield Check(url, CheckResult.MISSING, error.message, error.hint)
        return
    yield _check_version(url, server.version, server.is_enterprise)
    if server.author is None:
        yield Check(
            url, CheckResult.MISSING, "GitLab does not recognise the token", "create a new one on this server"
        )
        return
    machine = "a machine account" if server.author.is_machine else "a person's account"
    yield Check(url, CheckResult.OK, f"the token belongs to {server.author.username}, {machine}")
    yield from _check_token(reader, url, doctor_input.today)
    for file, engagement in doctor_input.engagements.items():
        yield from _check_engagement(reader, file, engagement, doctor_input)
    yield from check_separation(doctor_input.engagements)
    engagements = doctor_input.engagements.values()
    yield from _or_unknown("customers", lambda: check_groups_above(reader, engagements))
    groups = [each.gitlab.label_group for each in engagements]
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
        yield Check(
            url, CheckResult.UNKNOWN, f"GitLab does not show the scopes of the token ({error.message})"
        )
        return
    scopes = ", ".join(sorted(token.scopes))
    if WRITE_SCOPE in token.scopes:
        yield Check(url, CheckResult.OK, f"the token has the scope {scopes}")
    elif READ_SCOPE in token.scopes:
        yield Check(
            url,
            CheckResult.WARNING,
            f"the token has the scope {scopes}: it is read-only",
            f"for {', '.join(commands_with_scope(WRITE_SCOPE))}, create one with the scope {WRITE_SCOPE}",
        )
    else:
        yield Check(
            url,
            CheckResult.MISSING,
            f"the token has the scope {scopes}",
            f"create one with the scope {WRITE_SCOPE}",
        )
    if token.expires_on is not None and token.expires_on - today <= _EXPIRES_SOON:
        yield Check(
            url,
            CheckResult.WARNING,
            f"the token expires on {token.expires_on}",
            "rotate it before it expires",
        )


def _check_engagement(
    reader: GitLabReader, file: str, engagement: Engagement, doctor_input: DoctorInput
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
        yield Check(file, CheckResult.OK, f"{_namespace_paths(engagement)}: accessible, role sufficient")
    yield from _or_unknown(file, lambda: _check_members(reader, file, doctor_input.plans[file], access))
    yield from _or_unknown(file, lambda: _check_readers(reader, file, engagement, doctor_input.process))
    if access.group and access.labels:
        labels = access.labels
        yield from _or_unknown(file, lambda: check_label_history(reader, file, gitlab.group, labels))


def _namespace_paths(engagement: Engagement) -> str:
    gitlab = engagement.gitlab
    return ", ".join(dict.fromkeys((gitlab.group, gitlab.project, gitlab.internal)))


def _check_members(reader: GitLabReader, file: str, plan: Plan, access: Access) -> Iterator[Check]:
    visible = {path for path, project in access.projects.items() if project}
    visible |= {access.group.path} if access.group else set()
    needed = sorted(set(needed_memberships(plan)), key=lambda each: (each.path, each.username))
    names = sorted({each.username for each in needed})
    is_partial = any(each.path not in visible for each in needed)
    needed = [each for each in needed if each.path in visible]
    missing = list(describe_missing(names, needed, reader.fetch_accounts(names, needed)))
    for each in missing:
        yield Check(
            file, CheckResult.MISSING, each, "correct `people:` in the file, or invite them to the project"
        )
    if not missing:
        member = "active member" if len(names) == 1 else "active members"
        status = "active; not all memberships could be checked" if is_partial else member
        yield Check(file, CheckResult.OK, f"{', '.join(names)}: {status}")


def _check_readers(
    reader: GitLabReader, file: str, engagement: Engagement, process: Process
) -> Iterator[Check]:
    for finding in outside_readers(reader, [engagement], process).get(engagement.key, ()):
        message, _, fix = finding.message.partition("; ")
        yield Check(file, CheckResult.WARNING, message, fix)


def _or_unknown(about: str, check: Callable[[], Iterator[Check]]) -> Sequence[Check]:
    """Return the checks, or one with the reason why they could not be made."""
    try:
        return list(check())
    except GitLabError as error:
        return [Check(about, CheckResult.UNKNOWN, error.message, error.hint)]
