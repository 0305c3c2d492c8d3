"""Runs a probe in a scratch group: checks that it can, plays the script, compares, and cleans up in any case."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from psbot.doctor.probe.cleanup import clean_up
from psbot.doctor.probe.expectation import Outcome, Result
from psbot.doctor.probe.expectations import check_all
from psbot.doctor.probe.items import EPIC, Sample, Scratch
from psbot.doctor.probe.observed import Observed, ProbeLabels
from psbot.doctor.probe.script import ProbeTools, create_labels, play
from psbot.errors import ExitCode, GitLabError
from psbot.gitlab.rest import url_path
from psbot.gitlab.values import Access, NamespaceAccess, ServerInfo

_PLANNER = 15
_GHOST = (
    "ghost"  # the account that GitLab assigns the items of deleted accounts to; it is a member of nothing
)
_ROLES = {50: "Owner", 40: "Maintainer", 30: "Developer", 20: "Reporter", 15: "Planner"}


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """A probe that can be made: the server, the role of the token in the group, and where the probe writes."""

    server: ServerInfo
    role: str
    scratch: Scratch
    run: str

    @property
    def labels(self) -> ProbeLabels:
        """Return the labels of the run."""
        return ProbeLabels.of_run(self.run)


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a probe has found; ``left`` is what could not be removed."""

    plan: ProbePlan
    results: tuple[Result, ...]
    left: tuple[str, ...]

    def count(self, outcome: Outcome) -> int:
        """Return how many expectations have that outcome."""
        return sum(each.outcome is outcome for each in self.results)

    @property
    def exit_code(self) -> ExitCode:
        """Return FINDINGS where an expectation is not met."""
        return ExitCode.FINDINGS if self.count(Outcome.NOT_MET) else ExitCode.DONE


def prepare(tools: ProbeTools, group: str, now: datetime) -> ProbePlan:
    """Return what a probe in *group* would do; raises GitLabError where it cannot be made. Writes nothing."""
    server = tools.reader.fetch_server()
    projects = _projects(tools, group)
    if not projects:
        raise GitLabError(
            f"the probe needs a project, and {group} has none that the token can see",
            "create an empty project in this group, or name another group",
        )
    access = tools.reader.fetch_access(group, projects[:2], group)
    epic_type = _require(access.group, group, "epics", "psbot needs epics: GitLab Premium or Ultimate")
    issue_type = _require(access.projects.get(projects[0]), projects[0], "issues", "enable issues there")
    other = access.projects.get(projects[1]) if projects[1:] else None
    scratch = Scratch(
        group=group,
        project=projects[0],
        other_project=other.path if other and other.access_level >= _PLANNER else None,
        epic_type=epic_type,
        issue_type=issue_type,
        account_gid=access.account.gid,
        stranger_gid=_stranger(tools, projects[0]),
        today=now.date(),
    )
    run = f"probe-{now:%Y%m%dt%H%M%S}"
    return ProbePlan(server, _role(access), scratch, run)


def _projects(tools: ProbeTools, group: str) -> list[str]:
    listed = tools.rest.fetch_all(
        f"/groups{url_path(group)}/projects", archived="false", order_by="path", sort="asc"
    )
    return [str(each["path_with_namespace"]) for each in listed if "path_with_namespace" in each]


def _require(found: NamespaceAccess | None, path: str, what: str, fix: str) -> str:
    """Return the type of the items to create there; raises GitLabError where the probe cannot create any."""
    if found is None:
        raise GitLabError(
            f"GitLab does not show {path}", "check the path, and make the account a member there"
        )
    if found.access_level < _PLANNER:
        raise GitLabError(f"the account needs at least the Planner role in {path}", "give it that role")
    if found.item_type_gid is None:
        raise GitLabError(f"{path} has no {what}, so the probe cannot run there", fix)
    return found.item_type_gid


def _role(access: Access) -> str:
    level = access.group.access_level if access.group else 0
    return next((name for number, name in _ROLES.items() if level >= number), str(level))


def _stranger(tools: ProbeTools, project: str) -> str | None:
    """Return an account that cannot read the project; None where there is none to be sure of."""
    audience = tools.reader.fetch_audiences([project]).get(project)
    if audience is None or not audience.is_private:
        return None
    return tools.reader.fetch_accounts([_GHOST], []).gids.get(_GHOST)


def run_probe(tools: ProbeTools, plan: ProbePlan, samples: Sequence[Sample]) -> ProbeReport:
    """Run the probe; cleans up in any case, and tells what could not be removed.

    Raises GitLabError where the probe cannot be made after all, and LimitReached where it was stopped.
    """
    account = plan.server.author
    if account is None:
        raise GitLabError("GitLab does not recognise the token", "create a new one on this server")
    observed = Observed(plan.run, account, plan.labels)
    observed.stranger = plan.scratch.stranger_gid
    try:
        _play(tools, plan, observed, samples)
    finally:
        left = clean_up(tools, plan.scratch.group, observed)
        for each in left:
            tools.tell(each)
    return ProbeReport(plan, check_all(observed), left)


def _play(tools: ProbeTools, plan: ProbePlan, observed: Observed, samples: Sequence[Sample]) -> None:
    group = plan.scratch.group
    create_labels(tools, group, observed)
    if missing := [title for title in plan.labels.titles if title not in observed.label_gids]:
        why = (
            "; ".join(each.refusal for each in observed.written.values() if each.refusal) or "not in the list"
        )
        raise GitLabError(
            f"{len(missing)} labels could not be created in {group}: {why}", "see the reason above"
        )
    play(tools, plan.scratch, observed, samples)
    if (refusal := observed.written[f"create {EPIC}"].refusal) is not None:
        raise GitLabError(
            f"GitLab refused to create an epic in {group}: {refusal}", "psbot needs epics: GitLab Premium"
        )


def without_names(report: ProbeReport, url: str) -> ProbeReport:
    """Return the report without addresses, paths and names, so that it can be shown to others."""
    scratch = report.plan.scratch
    account = report.plan.server.author
    names = {
        url: "SERVER",
        scratch.project: "GROUP/PROJECT",
        scratch.other_project or "": "GROUP/OTHER",
        scratch.group: "GROUP",
        account.username if account else "": "ACCOUNT",
    }

    def hide(text: str) -> str:
        for name, placeholder in names.items():
            if name:
                text = text.replace(name, placeholder)
        return text

    results = tuple(replace(each, seen=hide(each.seen)) for each in report.results)
    return replace(report, results=results, left=tuple(map(hide, report.left)))
