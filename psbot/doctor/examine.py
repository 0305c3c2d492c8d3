"""What is missing on the server, in the token and around the engagements, and how to mend it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from psbot.apply.preflight import assigned, missing
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.plan.plan import Plan
from psbot.doctor.check import Check, Verdict
from psbot.doctor.labels import check_labels
from psbot.doctor.permissions import READING, WRITING, commands
from psbot.errors import GitLabError
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.values import Access
from psbot.observe.access import lacks
from psbot.observe.visibility import listeners

OLDEST = (18, 1)  # the first GitLab whose epics are work items that GraphQL makes and changes
_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: engagements by their file's name, each with the plan for an empty GitLab."""

    engagements: Mapping[str, Engagement]
    plans: Mapping[str, Plan]
    process: Process
    today: date


def examine(reader: GitLabReader, url: str, patient: Patient, more: Iterable[Check] = ()) -> Iterator[Check]:
    """Yield every check, then *more*; ends early where the server or the token makes the others pointless."""
    try:
        facts = reader.fetch_server()
    except GitLabError as error:
        yield Check(url, Verdict.MISSING, error.message, error.hint)
        return
    yield _version(url, facts.version, facts.is_enterprise)
    if facts.author is None:
        yield Check(url, Verdict.MISSING, "GitLab does not know the token", "make a new one for this server")
        return
    machine = "a machine account" if facts.author.is_machine else "a person's account"
    yield Check(url, Verdict.OK, f"the token belongs to {facts.author.username}, {machine}")
    yield from _token(reader, url, patient.today)
    for file, engagement in patient.engagements.items():
        yield from _engagement(reader, file, engagement, patient)
    groups = [each.gitlab.label_group for each in patient.engagements.values()]
    yield from _or_unknown("labels", lambda: check_labels(reader, groups, patient.process.catalogue))
    yield from more


def _version(url: str, version: str, is_enterprise: bool) -> Check:
    edition = "Enterprise Edition" if is_enterprise else "Community Edition"
    found = f"GitLab {version}, {edition}"
    numbers = tuple(map(int, re.findall(r"[0-9]{1,9}", version)[:2]))
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return Check(url, Verdict.MISSING, found, f"psbot needs GitLab {oldest} or newer")
    if not is_enterprise:
        return Check(url, Verdict.MISSING, found, "psbot needs epics: GitLab Premium or Ultimate")
    return Check(url, Verdict.OK, found)


def _token(reader: GitLabReader, url: str, today: date) -> Iterator[Check]:
    try:
        token = reader.fetch_token()
    except GitLabError as error:
        yield Check(url, Verdict.UNKNOWN, f"GitLab does not tell the token's scopes ({error.message})")
        return
    scopes = ", ".join(sorted(token.scopes))
    if WRITING in token.scopes:
        yield Check(url, Verdict.OK, f"the token has the scope {scopes}")
    elif READING in token.scopes:
        yield Check(url, Verdict.WARNING, f"the token has the scope {scopes}: it can read, not write",
                    f"for {', '.join(commands(WRITING))}, make one with the scope {WRITING}")  # fmt: skip
    else:
        yield Check(
            url, Verdict.MISSING, f"the token has the scope {scopes}", f"make one with the scope {WRITING}"
        )
    if token.expires_on is not None and token.expires_on - today <= _SOON:
        yield Check(url, Verdict.WARNING, f"the token expires on {token.expires_on}", "rotate it in time")


def _engagement(reader: GitLabReader, file: str, engagement: Engagement, patient: Patient) -> Iterator[Check]:
    gitlab = engagement.gitlab
    try:
        access = reader.fetch_access(gitlab.group, [gitlab.project, gitlab.internal], gitlab.label_group)
    except GitLabError as error:
        yield Check(file, Verdict.UNKNOWN, error.message, error.hint)
        return
    found = list(lacks(access, engagement))
    yield from (Check(file, Verdict.MISSING, each.what, each.mend) for each in found)
    if not found:
        yield Check(file, Verdict.OK, f"{_places(engagement)}: seen, and the role is high enough")
    yield from _or_unknown(file, lambda: _people(reader, file, patient.plans[file], access))
    yield from _or_unknown(file, lambda: _readers(reader, file, engagement, patient.process))


def _places(engagement: Engagement) -> str:
    gitlab = engagement.gitlab
    return ", ".join(dict.fromkeys((gitlab.group, gitlab.project, gitlab.internal)))


def _people(reader: GitLabReader, file: str, plan: Plan, access: Access) -> Iterator[Check]:
    seen = {path for path, place in access.projects.items() if place} | {
        access.group.path if access.group else ""
    }
    asked = sorted(set(assigned(plan)), key=lambda each: (each.path, each.username))
    names = sorted({each.username for each in asked})
    unseen = any(each.path not in seen for each in asked)
    asked = [each for each in asked if each.path in seen]
    lost = list(missing(names, asked, reader.fetch_people(names, asked)))
    for each in lost:
        yield Check(file, Verdict.MISSING, each, "correct people: in the file, or have them invited")
    if not lost:
        known = "known; the places that are not seen were not checked" if unseen else "known, and members"
        yield Check(file, Verdict.OK, f"{', '.join(names)}: {known}")


def _readers(reader: GitLabReader, file: str, engagement: Engagement, process: Process) -> Iterator[Check]:
    for finding in listeners(reader, [engagement], process).get(engagement.key, ()):
        found, _, mend = finding.message.partition("; ")
        yield Check(file, Verdict.WARNING, found, mend)


def _or_unknown(about: str, check: Callable[[], Iterator[Check]]) -> Sequence[Check]:
    """Return the checks, or the one that says why they could not be made."""
    try:
        return list(check())
    except GitLabError as error:
        return [Check(about, Verdict.UNKNOWN, error.message, error.hint)]
