"""Portfolio digests: each manager of a portfolio is told in one issue of theirs, in a project that the user names.

An answer that is not clear is left to the next run, which finds what was carried out: nothing is sent twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psbot.apply import apply as performing
from psbot.apply.item_update import Ids
from psbot.apply.receipt import Outcome, Receipt
from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import CreateChild, Operation, PostNotice
from psbot.core.model.process import Process
from psbot.core.model.work_item import Sighting, as_item, is_machine, number_of
from psbot.core.notices.digest import Line
from psbot.core.plan.plan import Plan
from psbot.core.staleness import portfolio_digest as portfoliodigest
from psbot.core.staleness.portfolio_digest import KEY, Issue, Portfolio
from psbot.core.staleness.response import Response
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.item_queries import Part
from psbot.gitlab.ports import ForgeReader
from psbot.gitlab.values import Account
from psbot.observe.access import check_project
from psbot.observe.histories import notices_among
from psbot.observe.pages import Listing, turn
from psbot.runs.attempt import ROUNDS
from psbot.runs.stale.write import has_paused
from psbot.runs.work import Work

_NAME = "portfolio digests"


@dataclass(frozen=True, slots=True)
class Place:
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
class Digested:
    """How the digest of one manager ended; ``is_left`` tells that it waits for the next run."""

    manager: str
    findings: int
    item: str = ""
    receipts: tuple[Receipt, ...] = ()
    is_left: bool = False

    @property
    def undone(self) -> list[Receipt]:
        """Return the receipts of what is not done, or not known to be."""
        return [receipt for receipt in self.receipts if receipt.outcome is not Outcome.DONE]


@dataclass
class PortfolioDigests:
    """The digests of a run: where, of which engagements, and afterwards what came of them."""

    place: Place
    engagements: Sequence[Engagement]
    is_whole: bool
    digested: list[Digested] = field(default_factory=list)
    error: PsbotError | None = None

    def tell(self, responses: Iterable[Response], work: Work, notes: int) -> int:
        """Bring every manager's digest up to date, posting at most *notes*; return how many were posted."""
        portfolio = Portfolio(
            {each.facts.engagement.key: each for each in responses},
            work.process.staleness.policies,
            {each.key: each.manager for each in self.engagements},
            self.is_whole,
        )
        try:
            self.digested = _Telling(self.place, portfolio, work).told(notes)
        except PsbotError as error:
            self.error = error
        return sum(
            isinstance(receipt.operation, PostNotice) and receipt.operation.note is None
            for each in self.digested
            for receipt in each.receipts
        )


def place_of(reader: ForgeReader, path: str, engagements: Sequence[Engagement], process: Process) -> Place:
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
    assert place is not None and place.item_type is not None  # noqa: S101  checked above
    return Place(path, access.account, place.item_type, frozenset(each.username for each in audience.members))


@dataclass
class _Telling:
    """The digests of one run while they are written."""

    place: Place
    portfolio: Portfolio
    work: Work

    def told(self, notes: int) -> list[Digested]:
        """Make the issues that are missing, then post, edit and resolve; return what came of it, by manager."""
        issues = self._issues()
        if self._would_tell(issues):
            issues = _united(issues, self._issues())  # a list may leave things out without saying so
        wanted = self._wanted(issues)
        missing = [name for name, lines in wanted.items() if lines and name not in issues]
        made = self._made(missing[:notes])
        for name, receipt in made.items():
            if receipt.outcome is Outcome.DONE and isinstance(receipt.operation, CreateChild):
                item = replace(receipt.operation.item, gid=receipt.gid, iid=receipt.iid)
                issues[name] = [Issue(item)]
        admitted = dict(_within(self._plans(issues), notes))
        written = self._written([each for found in admitted.values() for each in found])
        receipts = {id(receipt.operation): receipt for receipt in written}
        return [
            Digested(
                name,
                len(lines),
                self._reference(issues.get(name)),
                (*filter(None, [made.get(name)]), *(receipts[id(each)] for each in admitted.get(name, ()))),
                is_left=name not in admitted and bool(lines),
            )
            for name, lines in wanted.items()
            if lines or name in issues
        ]

    def _managers(self) -> set[str]:
        return {each.facts.engagement.manager for each in self.portfolio.responses.values()}

    def _wanted(self, issues: Mapping[str, Sequence[Issue]]) -> dict[str, tuple[Line, ...]]:
        """Return by manager what there is to say."""
        notices = {name: several[0].notices for name, several in issues.items()}
        return {
            name: portfoliodigest.lines(name, self.portfolio, notices.get(name, ()))
            for name in sorted({*issues, *self._managers()})
        }

    def _plans(self, issues: Mapping[str, Sequence[Issue]]) -> dict[str, tuple[PostNotice, ...]]:
        """Return by manager what is to be posted and edited in the issues that are there."""
        return {
            name: tuple(portfoliodigest.operations(name, several, self.portfolio, self.place.readers))
            for name, several in sorted(issues.items())
        }

    def _would_tell(self, issues: Mapping[str, Sequence[Issue]]) -> bool:
        """Tell whether an issue is to be made or a digest posted, if *issues* are all there are."""
        is_missing = any(lines and name not in issues for name, lines in self._wanted(issues).items())
        return is_missing or any(_posts(each) for each in self._plans(issues).values())

    def _issues(self) -> dict[str, list[Issue]]:
        """Return the issues that are there by manager, oldest first, with the digests in them."""
        reader, me, process = self.work.tools.reader, self.place.account.author, self.work.process
        listing = Listing(Part.CONFIDENTIAL)
        seen: list[Sighting] = []
        while not listing.is_done:
            seen += turn(reader, self.place.path, [listing])[listing].items
        named = [(name, each) for each in seen if (name := portfoliodigest.manager_of(each, process))]
        comments = reader.fetch_comments(self.place.group, [each.gid for _, each in named]) if named else {}
        issues: dict[str, list[Issue]] = {}
        for manager, each in named:
            if each.gid not in comments:
                raise GitLabError(
                    f"GitLab does not show the notes of {each.reference}, which it has just listed",
                    "run again; psbot posts no digest as long as it cannot see which ones stand",
                )
            notices = tuple(notices_among(comments[each.gid], me, process))
            item = replace(as_item(each), key=f"{KEY}/{manager}", kind=KEY)
            issues.setdefault(manager, []).append(Issue(item, notices))
        return issues

    def _made(self, managers: Sequence[str]) -> dict[str, Receipt]:
        made = [portfoliodigest.creation(name, self.place.path) for name in managers]
        receipts = {id(receipt.operation): receipt for receipt in self._written(made)}
        return {name: receipts[id(each)] for name, each in zip(managers, made, strict=True)}

    def _written(self, operations: Sequence[Operation]) -> list[Receipt]:
        """Write *operations* and return a receipt for each; what GitLab's pauses left is sent when they are over."""
        ids = Ids(types={self.place.path: self.place.item_type})
        done: list[Receipt] = []
        waiting = tuple(operations)
        for _ in range(ROUNDS):
            applied = performing.apply(Plan(_NAME, waiting), self.place.group, ids, self.work.tools)
            done += [each for each in applied.receipts if not each.was_not_sent]
            left = [each for each in applied.receipts if each.was_not_sent]
            waiting = tuple(each.operation for each in left)
            if not waiting or self.work.tools.stop() or not has_paused(applied, self.work):
                break
        return [*done, *left]

    def _reference(self, issues: Sequence[Issue] | None) -> str:
        return f"{self.place.path}#{issues[0].item.iid}" if issues else ""


def _within(
    plans: Mapping[str, tuple[PostNotice, ...]], notes: int
) -> Iterator[tuple[str, tuple[PostNotice, ...]]]:
    """Yield the plans that may be carried out when no more than *notes* are posted."""
    for name, operations in plans.items():
        if _posts(operations) <= notes:
            notes -= _posts(operations)
            yield name, operations


def _posts(operations: Iterable[PostNotice]) -> int:
    return sum(each.note is None for each in operations)


def _united(
    first: Mapping[str, Sequence[Issue]], second: Mapping[str, Sequence[Issue]]
) -> dict[str, list[Issue]]:
    """Return all issues and digests that either look has shown; what both have shown is as the second saw it."""
    found: dict[str, dict[str, Issue]] = {}
    both = [(name, issue) for look in (first, second) for name, issues in look.items() for issue in issues]
    for name, issue in both:
        seen = found.setdefault(name, {})
        gid = issue.item.gid or ""
        notices = {each.gid: each for each in (*(seen[gid].notices if gid in seen else ()), *issue.notices)}
        seen[gid] = replace(
            issue, notices=tuple(sorted(notices.values(), key=lambda each: number_of(each.gid)))
        )
    return {name: [seen[gid] for gid in sorted(seen, key=number_of)] for name, seen in found.items()}
