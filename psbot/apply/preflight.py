"""Checks before the first write: the writer is trusted, and everyone whom a plan assigns is a member.

GitLab drops an assignee who is not a member without an error.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.operations import CreateChild, CreateEpic, CreateLabel, Operation, Reassign
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine
from psbot.core.plan.plan import Plan
from psbot.core.records import ownership
from psbot.core.text.quantity import quantity
from psbot.errors import GitLabError
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Account, AccountLookup, Membership
from psbot.observe.access import PLANNER

ASSIGNEE_MISSING = "assignee-missing"
_HOW_TO_FIX = "correct `people:` in the engagement file, or invite them"
_MAX_NAMED = 5  # items that a finding names


@dataclass(slots=True)
class MemberCheck:
    """Memberships that have been checked in this run, and the global ids of the accounts.

    ``missing`` has the reason why somebody cannot be assigned somewhere.
    """

    account_gids: dict[str, str] = field(default_factory=dict)
    members: set[Membership] = field(default_factory=set)
    missing: dict[Membership, str] = field(default_factory=dict)

    def check(self, plan: Plan, reader: Reader) -> None:
        """Look up everyone whom *plan* assigns; raises GitLabError that names everyone who is missing."""
        if missing := self.find_missing(plan, reader):
            raise GitLabError(
                f"{plan.engagement}: " + "; ".join(dict.fromkeys(missing.values())),
                f"nothing was written; {_HOW_TO_FIX}",
            )

    def find_missing(self, plan: Plan, reader: Reader) -> dict[Membership, str]:
        """Look up everyone whom *plan* assigns; return who is missing where, with the reason."""
        needed = sorted(set(needed_memberships(plan)), key=lambda each: (each.path, each.username))
        if unknown := [each for each in needed if each not in self.members and each not in self.missing]:
            found = reader.fetch_accounts(sorted({each.username for each in unknown}), unknown)
            self.account_gids |= found.gids
            for each in unknown:
                if reasons := list(describe_missing([each.username], [each], found)):
                    self.missing[each] = reasons[0]
                else:
                    self.members.add(each)
        return {each: self.missing[each] for each in needed if each in self.missing}


def without_missing(plan: Plan, missing: Mapping[Membership, str]) -> Plan:
    """Return *plan* without the assignments of people who are *missing*, and a finding for each reason.

    An item to be created is created without them; its marker remembers that nobody is assigned, so that it follows the
    file as soon as they can be.
    """
    left: list[Operation] = []
    without: dict[str, list[str]] = {}
    for operation in plan.operations:
        reasons = {each.username: missing[each] for each in _memberships_of(operation) if each in missing}
        for reason in reasons.values():
            without.setdefault(reason, []).append(_key_of(operation))
        if not reasons:
            left.append(operation)
        elif isinstance(operation, CreateEpic | CreateChild):
            left.append(replace(operation, item=_without_assignees(plan, operation.item, reasons)))
    findings = tuple(
        Finding(
            ASSIGNEE_MISSING, Severity.WARNING, f"{reason}: not assigned to {_named(keys)}; {_HOW_TO_FIX}"
        )
        for reason, keys in without.items()
    )
    return replace(plan, operations=tuple(left), findings=(*plan.findings, *findings))


def _without_assignees(plan: Plan, item: Item, missing: Iterable[str]) -> Item:
    after = replace(item, assignees=tuple(name for name in item.assignees if name not in missing))
    key, token = ownership.FIELD_TOKENS["assignee"]
    return after.with_memory(plan.engagement, {key: token(after)})


def _key_of(operation: Operation) -> str:
    return "" if isinstance(operation, CreateLabel) else operation.item.key


def _named(keys: list[str]) -> str:
    more = f" and {len(keys) - _MAX_NAMED} more" if len(keys) > _MAX_NAMED else ""
    return ", ".join(keys[:_MAX_NAMED]) + more


def check_author(engagement: Engagement, account: Account, process: Process) -> None:
    """Raise GitLabError where items created with this token would not be recognised as the engagement's."""
    author = account.author
    if is_machine(author, process) or author.username in engagement.people:
        return
    raise GitLabError(
        f"{engagement.key}: the token belongs to {author.username}, who is neither a machine account nor listed under "
        "`people:`, so psbot would not recognise the items it creates",
        "list the account under `people:` or in config/accounts.yml, or use a service account's token",
    )


def check_machine(engagement: Engagement, account: Account, process: Process) -> None:
    """Raise GitLabError where the token is a person's: changes would be attributed to that person."""
    if is_machine(account.author, process):
        return
    raise GitLabError(
        f"{engagement.key}: the token belongs to {account.author.username}, a person; all changes, approvals included, "
        "would be attributed to that person",
        "use a service account's token, list the account in config/accounts.yml, or pass --as-me",
    )


def check_label_permission(
    engagement: Engagement, account: Account, access_level: int | None, plan: Plan
) -> None:
    """Raise GitLabError where *plan* creates labels and the role in the label group is too low for that.

    GitLab lets Planners and above create labels; with None the role is not known, and GitLab decides.
    """
    missing = sum(isinstance(operation, CreateLabel) for operation in plan.operations)
    if not missing or access_level is None or access_level >= PLANNER:
        return
    raise GitLabError(
        f"{engagement.key}: {account.author.username} needs at least the Planner role in "
        f"{engagement.gitlab.label_group} (gitlab.label_group) to create {quantity(missing, 'missing label')}",
        "change the role, or let someone who has it create the labels",
    )


def needed_memberships(plan: Plan) -> Iterator[Membership]:
    """Yield who has to be a member where, so that *plan* can assign them."""
    for operation in plan.operations:
        yield from _memberships_of(operation)


def _memberships_of(operation: Operation) -> Iterator[Membership]:
    match operation:
        case CreateEpic(item=item) | CreateChild(item=item):
            names = item.assignees
        case Reassign(item=item, after=names):
            pass
        case _:
            return
    yield from (Membership(name, item.namespace, item.is_epic) for name in names)


def describe_missing(
    names: Iterable[str], memberships: Iterable[Membership], found: AccountLookup
) -> Iterator[str]:
    """Describe which of *names* and *memberships* GitLab does not have."""
    for name in names:
        if name not in found.gids:
            yield f"GitLab has no user {name}"
        elif name in found.inactive:
            yield f"{name} is blocked or deactivated"
    for each in memberships:
        if each.username in found.gids and each not in found.members:
            yield f"{each.username} is not a member of {each.path}"
