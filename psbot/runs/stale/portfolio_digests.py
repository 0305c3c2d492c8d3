"""Portfolio digests: one issue for each manager, in the project that ``--digest-project`` names.

Writes without a clear answer are left to the next run, which finds what was carried out: nothing is sent twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psbot.apply.item_update import IdLookup
from psbot.apply.receipt import ApplyResult, Outcome, Receipt
from psbot.apply.send_all import Sender
from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import CreateChild, Operation, PostNotice
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine, numeric_id_of, to_item
from psbot.core.notices.digest import DigestLine
from psbot.core.staleness import portfolio_digest
from psbot.core.staleness.portfolio_digest import KEY, DigestIssue, PortfolioView
from psbot.core.staleness.response import StaleResponse
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import HiddenAnswer, Reader
from psbot.gitlab.values import Account
from psbot.observe.access import check_project
from psbot.observe.histories import select_notices
from psbot.observe.pages import PagedList, read_all
from psbot.runs.work import RunContext

_PLAN_NAME = "portfolio digests"


@dataclass(frozen=True, slots=True)
class DigestProject:
    """The project of the digests; ``account`` writes there, ``readers`` are the usernames of its members."""

    path: str
    account: Account
    item_type_gid: str
    readers: frozenset[str]

    @property
    def group(self) -> str:
        """Return the path of the group that the project is in."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class DigestResult:
    """How the digest of one manager ended; ``is_postponed`` where it waits for the next run."""

    manager: str
    findings: int
    reference: str = ""
    receipts: tuple[Receipt, ...] = ()
    is_postponed: bool = False

    @property
    def not_done(self) -> list[Receipt]:
        """Return the receipts of what is not done, or not known to be."""
        return [receipt for receipt in self.receipts if receipt.outcome is not Outcome.DONE]


@dataclass
class PortfolioDigests:
    """The digests of a run: in which project, of which engagements, and afterwards their results."""

    project: DigestProject
    engagements: Sequence[Engagement]
    is_whole: bool
    results: list[DigestResult] = field(default_factory=list)
    error: PsbotError | None = None

    def publish(self, responses: Iterable[StaleResponse], context: RunContext, notes: int) -> int:
        """Bring every manager's digest up to date, posting at most *notes*; return how many were posted."""
        portfolio = PortfolioView(
            {each.facts.engagement.key: each for each in responses},
            context.process.staleness.policies,
            {each.key: each.manager for each in self.engagements},
            self.is_whole,
        )
        try:
            self.results = _Publisher(self.project, portfolio, context).publish(notes)
        except PsbotError as error:
            self.error = error
        return sum(
            isinstance(receipt.operation, PostNotice) and receipt.operation.note_gid is None
            for each in self.results
            for receipt in each.receipts
        )


def find_digest_project(
    reader: Reader, path: str, engagements: Sequence[Engagement], process: Process
) -> DigestProject:
    """Return the project *path*; raises PsbotError where a customer may read it, or psbot may not write there."""
    shared = {each.gitlab.project.casefold(): each.key for each in engagements}
    if key := shared.get(path.casefold()):
        raise PsbotError(
            f"{path} is visible to the customer of {key}, so psbot posts no digest there",
            "set --digest-project to a project that only colleagues can read",
        )
    group = path.rpartition("/")[0]
    access = reader.fetch_access(group, [path], group)
    check_project(access, path, "--digest-project")
    if access.group is None:
        raise PsbotError(f"{path} is not in a group", "set --digest-project to a project of a group")
    if not is_machine(access.account.author, process):
        raise GitLabError(
            f"the token belongs to {access.account.author.username}, a person; psbot finds the issues of portfolio "
            "digests by their author, a machine account",
            "use a service account's token, list the account in config/accounts.yml, or omit --digest-project",
        )
    audience = reader.fetch_audiences([path]).get(path)
    if audience is None or not audience.is_private:
        raise PsbotError(
            f"{path} is not private, so customers may be able to read the digests",
            "make the project private, or set --digest-project to another one",
        )
    project = access.projects[path]
    assert project is not None and project.item_type_gid is not None  # noqa: S101  checked above
    return DigestProject(
        path, access.account, project.item_type_gid, frozenset(each.username for each in audience.members)
    )


@dataclass
class _Publisher:
    """Publishes the digests of one run."""

    project: DigestProject
    portfolio: PortfolioView
    context: RunContext

    def publish(self, notes: int) -> list[DigestResult]:
        """Create missing issues, then post, edit and resolve digests; return what came of it, by manager."""
        issues = self._fetch_issues()
        if self._would_write(issues):  # a list may be incomplete without saying so: read it again
            issues = _merged_views(issues, self._fetch_issues())
        lines = self._lines_by_manager(issues)
        missing = [name for name, wanted in lines.items() if wanted and name not in issues]
        created = self._create_issues(missing[:notes])
        for name, receipt in created.items():
            if receipt.outcome is Outcome.DONE and isinstance(receipt.operation, CreateChild):
                item = replace(receipt.operation.item, gid=receipt.gid, iid=receipt.iid)
                issues[name] = [DigestIssue(item)]
        plans = dict(_within_limit(self._plans(issues), notes))
        sent = self._send_all([operation for plan in plans.values() for operation in plan])
        receipts = {id(receipt.operation): receipt for receipt in sent}
        return [
            DigestResult(
                name,
                len(wanted),
                self._reference(issues.get(name)),
                (*filter(None, [created.get(name)]), *(receipts[id(each)] for each in plans.get(name, ()))),
                is_postponed=name not in plans and bool(wanted),
            )
            for name, wanted in lines.items()
            if wanted or name in issues
        ]

    def _managers(self) -> set[str]:
        return {each.facts.engagement.manager for each in self.portfolio.responses.values()}

    def _lines_by_manager(
        self, issues: Mapping[str, Sequence[DigestIssue]]
    ) -> dict[str, tuple[DigestLine, ...]]:
        """Return the lines of the digest by manager."""
        notices = {name: several[0].notices for name, several in issues.items()}
        return {
            name: portfolio_digest.digest_lines(name, self.portfolio, notices.get(name, ()))
            for name in sorted({*issues, *self._managers()})
        }

    def _plans(self, issues: Mapping[str, Sequence[DigestIssue]]) -> dict[str, tuple[PostNotice, ...]]:
        """Return by manager what to post and edit in the issues that exist."""
        return {
            name: tuple(
                portfolio_digest.digest_operations(name, several, self.portfolio, self.project.readers)
            )
            for name, several in sorted(issues.items())
        }

    def _would_write(self, issues: Mapping[str, Sequence[DigestIssue]]) -> bool:
        """Tell whether an issue would be created or a digest posted, if *issues* are all that exist."""
        is_missing = any(
            lines and name not in issues for name, lines in self._lines_by_manager(issues).items()
        )
        return is_missing or any(_count_posts(each) for each in self._plans(issues).values())

    def _fetch_issues(self) -> dict[str, list[DigestIssue]]:
        """Return the existing issues by manager, oldest first, with the digests in them."""
        reader, me, process = self.context.tools.reader, self.project.account.author, self.context.process
        seen = list(read_all(reader, self.project.path, PagedList(ItemList.CONFIDENTIAL)))
        named = [(name, each) for each in seen if (name := portfolio_digest.manager_of(each, process))]
        comments = reader.fetch_comments(self.project.group, [each.gid for _, each in named]) if named else {}
        issues: dict[str, list[DigestIssue]] = {}
        for manager, each in named:
            if each.gid not in comments:
                raise HiddenAnswer(
                    f"the notes of {each.reference}",
                    "psbot posts no digest while it cannot see the existing ones",
                )
            notices = tuple(select_notices(comments[each.gid], me, process))
            item = replace(to_item(each), key=f"{KEY}/{manager}", kind=KEY)
            issues.setdefault(manager, []).append(DigestIssue(item, notices))
        return issues

    def _create_issues(self, managers: Sequence[str]) -> dict[str, Receipt]:
        operations = [portfolio_digest.create_issue(name, self.project.path) for name in managers]
        receipts = {id(receipt.operation): receipt for receipt in self._send_all(operations)}
        return {name: receipts[id(each)] for name, each in zip(managers, operations, strict=True)}

    def _send_all(self, operations: Sequence[Operation]) -> list[Receipt]:
        """Send *operations* and return a receipt for each."""
        ids = IdLookup(item_types={self.project.path: self.project.item_type_gid})
        tools, wait_budget = self.context.tools, self.context.wait_budget
        sent: list[Receipt] = []
        not_sent: list[Receipt] = []

        def next_round(result: ApplyResult) -> Sequence[Operation] | None:
            sent.extend(each for each in result.receipts if not each.was_not_sent)
            not_sent[:] = [each for each in result.receipts if each.was_not_sent]
            return [each.operation for each in not_sent] or None

        Sender(_PLAN_NAME, self.project.group, ids, tools, wait_budget).send_all(operations, next_round)
        return [*sent, *not_sent]

    def _reference(self, issues: Sequence[DigestIssue] | None) -> str:
        return f"{self.project.path}#{issues[0].item.iid}" if issues else ""


def _within_limit(
    plans: Mapping[str, tuple[PostNotice, ...]], notes: int
) -> Iterator[tuple[str, tuple[PostNotice, ...]]]:
    """Yield the plans that fit into the limit of *notes* to post."""
    for name, operations in plans.items():
        if _count_posts(operations) <= notes:
            notes -= _count_posts(operations)
            yield name, operations


def _count_posts(operations: Iterable[PostNotice]) -> int:
    return sum(each.note_gid is None for each in operations)


def _merged_views(
    first: Mapping[str, Sequence[DigestIssue]], second: Mapping[str, Sequence[DigestIssue]]
) -> dict[str, list[DigestIssue]]:
    """Return all issues and digests of both reads; what is in both is as the second read has it."""
    found: dict[str, dict[str, DigestIssue]] = {}
    both = [(name, issue) for read in (first, second) for name, issues in read.items() for issue in issues]
    for name, issue in both:
        seen = found.setdefault(name, {})
        gid = issue.item.gid or ""
        notices = {each.gid: each for each in (*(seen[gid].notices if gid in seen else ()), *issue.notices)}
        seen[gid] = replace(
            issue, notices=tuple(sorted(notices.values(), key=lambda each: numeric_id_of(each.gid)))
        )
    return {name: [seen[gid] for gid in sorted(seen, key=numeric_id_of)] for name, seen in found.items()}
