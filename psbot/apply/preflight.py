"""Checks before the first write: the writer is trusted, and everyone whom a plan assigns is a member.

GitLab drops an assignee who is not a member without an error.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import CreateChild, CreateEpic, CreateLabel, Reassign
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine
from psbot.core.plan.plan import Plan
from psbot.core.text.quantity import quantity
from psbot.errors import GitLabError
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Account, AccountLookup, Membership
from psbot.observe.access import PLANNER


@dataclass(slots=True)
class MemberCheck:
    """Memberships that have been checked in this run, and the global ids of the accounts."""

    account_gids: dict[str, str] = field(default_factory=dict)
    members: set[Membership] = field(default_factory=set)

    def check(self, plan: Plan, reader: Reader) -> None:
        """Look up everyone whom *plan* assigns; raises GitLabError that names everyone who is missing."""
        memberships = sorted(
            set(needed_memberships(plan)) - self.members, key=lambda each: (each.path, each.username)
        )
        if not memberships:
            return
        names = sorted({each.username for each in memberships})
        found = reader.fetch_accounts(names, memberships)
        if missing := list(describe_missing(names, memberships, found)):
            raise GitLabError(
                f"{plan.engagement}: " + "; ".join(missing),
                "nothing was written; correct `people:` in the engagement file, or invite them",
            )
        self.account_gids |= found.gids
        self.members |= found.members


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
        match operation:
            case CreateEpic(item=item) | CreateChild(item=item):
                names = item.assignees
            case Reassign(item=item, after=names):
                pass
            case _:
                continue
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
