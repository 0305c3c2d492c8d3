"""Portfolio digests: each manager of a portfolio is told in one issue of theirs, in a project that the user names.

An answer that is not clear is left to the next run, which finds what was carried out: nothing is sent twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psbot.apply import apply
from psbot.apply.item_update import IdLookup
from psbot.apply.receipt import Outcome, Receipt
from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import CreateChild, Operation, PostNotice
from psbot.core.model.process import Process
from psbot.core.model.work_item import WorkItem, is_machine, numeric_id_of, to_item
from psbot.core.notices.digest import DigestLine
from psbot.core.plan.plan import Plan
from psbot.core.staleness import portfolio_digest
from psbot.core.staleness.portfolio_digest import KEY, DigestIssue, PortfolioView
from psbot.core.staleness.response import StaleResponse
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Account
from psbot.observe.access import check_project
from psbot.observe.histories import select_notices
from psbot.observe.pages import PagedList, read_page
from psbot.runs.attempt import MAX_ROUNDS
from psbot.runs.stale.write import wait_if_limited
from psbot.runs.work import RunContext

_PLAN_NAME = "portfolio digests"


@dataclass(frozen=True, slots=True)
class DigestProject:
    """The project of the digests: who writes there, and the usernames of who can read it."""

    path: str
    account: Account
    item_type: str
    readers: frozenset[str]

    @property
    def group(self) -> str:
        """Return the path of the group that the project is in."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class DigestResult:
    """How the digest of one manager ended; ``is_left`` tells that it waits for the next run."""

    manager: str
    findings: int
    item: str = ""
    receipts: tuple[Receipt, ...] = ()
    is_postponed: bool = False

    @property
    def not_done(self) -> list[Receipt]:
        """Return the receipts of what is not done, or not known to be."""
        return [receipt for receipt in self.receipts if receipt.outcome is not Outcome.DONE]


@dataclass
class PortfolioDigests:
    """The digests of a run: where, of which engagements, and afterwards what came of them."""

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
            f"the customer of {key} can read {path}, so no digest may stand there",
            "give --digest-project a project that is for colleagues only",
        )
    group = path.rpartition("/")[0]
    access = reader.fetch_access(group, [path], group)
    check_project(access, path, "--digest-project")
    if access.group is None:
        raise PsbotError(f"{path} is in no group", "give --digest-project a project of a group")
    if not is_machine(access.account.author, process):
        raise GitLabError(
            f"the token belongs to {access.account.author.username}, a person, and the issues of portfolio digests "
            "are found again by their author, a machine",
            "use a service account's token, list the account in config/accounts.yml, or leave --digest-project out",
        )
    audience = reader.fetch_audiences([path]).get(path)
    if audience is None or not audience.is_private:
        raise PsbotError(
            f"{path} is not private, so customers may be able to read what a digest says",
            "make the project private, or give --digest-project another one",
        )
    place = access.projects[path]
    assert place is not None and place.item_type_gid is not None  # noqa: S101  checked above
    return DigestProject(
        path, access.account, place.item_type_gid, frozenset(each.username for each in audience.members)
    )


@dataclass
class _Publisher:
    """The digests of one run while they are written."""

    project: DigestProject
    portfolio: PortfolioView
    context: RunContext

    def publish(self, notes: int) -> list[DigestResult]:
        """Make the issues that are missing, then post, edit and resolve; return what came of it, by manager."""
        issues = self._fetch_issues()
        if self._would_write(issues):
            issues = _merged_views(
                issues, self._fetch_issues()
            )  # a list may leave things out without saying so
        wanted = self._lines_by_manager(issues)
        missing = [name for name, lines in wanted.items() if lines and name not in issues]
        made = self._create_issues(missing[:notes])
        for name, receipt in made.items():
            if receipt.outcome is Outcome.DONE and isinstance(receipt.operation, CreateChild):
                item = replace(receipt.operation.item, gid=receipt.gid, iid=receipt.iid)
                issues[name] = [DigestIssue(item)]
        admitted = dict(_within_limit(self._plans(issues), notes))
        written = self._send_all([each for found in admitted.values() for each in found])
        receipts = {id(receipt.operation): receipt for receipt in written}
        return [
            DigestResult(
                name,
                len(lines),
                self._reference(issues.get(name)),
                (*filter(None, [made.get(name)]), *(receipts[id(each)] for each in admitted.get(name, ()))),
                is_postponed=name not in admitted and bool(lines),
            )
            for name, lines in wanted.items()
            if lines or name in issues
        ]

    def _managers(self) -> set[str]:
        return {each.facts.engagement.manager for each in self.portfolio.responses.values()}

    def _lines_by_manager(
        self, issues: Mapping[str, Sequence[DigestIssue]]
    ) -> dict[str, tuple[DigestLine, ...]]:
        """Return by manager what there is to say."""
        notices = {name: several[0].notices for name, several in issues.items()}
        return {
            name: portfolio_digest.digest_lines(name, self.portfolio, notices.get(name, ()))
            for name in sorted({*issues, *self._managers()})
        }

    def _plans(self, issues: Mapping[str, Sequence[DigestIssue]]) -> dict[str, tuple[PostNotice, ...]]:
        """Return by manager what is to be posted and edited in the issues that are there."""
        return {
            name: tuple(
                portfolio_digest.digest_operations(name, several, self.portfolio, self.project.readers)
            )
            for name, several in sorted(issues.items())
        }

    def _would_write(self, issues: Mapping[str, Sequence[DigestIssue]]) -> bool:
        """Tell whether an issue is to be made or a digest posted, if *issues* are all there are."""
        is_missing = any(
            lines and name not in issues for name, lines in self._lines_by_manager(issues).items()
        )
        return is_missing or any(_count_posts(each) for each in self._plans(issues).values())

    def _fetch_issues(self) -> dict[str, list[DigestIssue]]:
        """Return the issues that are there by manager, oldest first, with the digests in them."""
        reader, me, process = self.context.tools.reader, self.project.account.author, self.context.process
        listing = PagedList(ItemList.CONFIDENTIAL)
        seen: list[WorkItem] = []
        while not listing.is_done:
            seen += read_page(reader, self.project.path, [listing])[listing].items
        named = [(name, each) for each in seen if (name := portfolio_digest.manager_of(each, process))]
        comments = reader.fetch_comments(self.project.group, [each.gid for _, each in named]) if named else {}
        issues: dict[str, list[DigestIssue]] = {}
        for manager, each in named:
            if each.gid not in comments:
                raise GitLabError(
                    f"GitLab does not show the notes of {each.reference}, which it has just listed",
                    "run again; psbot posts no digest as long as it cannot see which ones stand",
                )
            notices = tuple(select_notices(comments[each.gid], me, process))
            item = replace(to_item(each), key=f"{KEY}/{manager}", kind=KEY)
            issues.setdefault(manager, []).append(DigestIssue(item, notices))
        return issues

    def _create_issues(self, managers: Sequence[str]) -> dict[str, Receipt]:
        made = [portfolio_digest.create_issue(name, self.project.path) for name in managers]
        receipts = {id(receipt.operation): receipt for receipt in self._send_all(made)}
        return {name: receipts[id(each)] for name, each in zip(managers, made, strict=True)}

    def _send_all(self, operations: Sequence[Operation]) -> list[Receipt]:
        """Write *operations* and return a receipt for each; what GitLab's pauses left is sent when they are over."""
        ids = IdLookup(item_types={self.project.path: self.project.item_type})
        done: list[Receipt] = []
        waiting = tuple(operations)
        for _ in range(MAX_ROUNDS):
            applied = apply.apply(Plan(_PLAN_NAME, waiting), self.project.group, ids, self.context.tools)
            done += [each for each in applied.receipts if not each.was_not_sent]
            left = [each for each in applied.receipts if each.was_not_sent]
            waiting = tuple(each.operation for each in left)
            if not waiting or self.context.tools.should_stop() or not wait_if_limited(applied, self.context):
                break
        return [*done, *left]

    def _reference(self, issues: Sequence[DigestIssue] | None) -> str:
        return f"{self.project.path}#{issues[0].item.iid}" if issues else ""


def _within_limit(
    plans: Mapping[str, tuple[PostNotice, ...]], notes: int
) -> Iterator[tuple[str, tuple[PostNotice, ...]]]:
    """Yield the plans that may be carried out when no more than *notes* are posted."""
    for name, operations in plans.items():
        if _count_posts(operations) <= notes:
            notes -= _count_posts(operations)
            yield name, operations


def _count_posts(operations: Iterable[PostNotice]) -> int:
    return sum(each.note_gid is None for each in operations)


def _merged_views(
    first: Mapping[str, Sequence[DigestIssue]], second: Mapping[str, Sequence[DigestIssue]]
) -> dict[str, list[DigestIssue]]:
    """Return all issues and digests that either look has shown; what both have shown is as the second saw it."""
    found: dict[str, dict[str, DigestIssue]] = {}
    both = [(name, issue) for look in (first, second) for name, issues in look.items() for issue in issues]
    for name, issue in both:
        seen = found.setdefault(name, {})
        gid = issue.item.gid or ""
        notices = {each.gid: each for each in (*(seen[gid].notices if gid in seen else ()), *issue.notices)}
        seen[gid] = replace(
            issue, notices=tuple(sorted(notices.values(), key=lambda each: numeric_id_of(each.gid)))
        )
    return {name: [seen[gid] for gid in sorted(seen, key=numeric_id_of)] for name, seen in found.items()}
