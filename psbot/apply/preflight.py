"""Everybody an engagement assigns must exist and be a member, and the writer must be somebody psbot trusts.

GitLab drops an assignee who is not a member without a word, so this is checked before the first write.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import CreateChild, CreateEpic, CreateLabel, Reassign
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine
from psbot.core.plan.plan import Plan
from psbot.errors import GitLabError
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Account, AccountLookup, Membership
from psbot.observe.access import PLANNER


@dataclass(slots=True)
class MemberCheck:
    """People and memberships that have been checked in this run, and the ids of the people."""

    account_gids: dict[str, str] = field(default_factory=dict)
    members: set[Membership] = field(default_factory=set)

    def check(self, plan: Plan, reader: Reader) -> None:
        """Look up whom *plan* assigns; raises GitLabError with everybody who is missing, at once."""
        asked = sorted(
            set(needed_memberships(plan)) - self.members, key=lambda each: (each.path, each.username)
        )
        if not asked:
            return
        names = sorted({each.username for each in asked})
        found = reader.fetch_accounts(names, asked)
        if lost := list(describe_missing(names, asked, found)):
            raise GitLabError(
                f"{plan.engagement}: " + "; ".join(lost),
                "nothing was written; correct people: in the engagement file, or have them invited",
            )
        self.account_gids |= found.gids
        self.members |= found.members


def check_author(engagement: Engagement, account: Account, process: Process) -> None:
    """Raise GitLabError where items made with this token would not be recognised as the engagement's."""
    author = account.author
    if is_machine(author, process) or author.username in engagement.people:
        return
    raise GitLabError(
        f"{engagement.key}: the token belongs to {author.username}, who is neither a machine account nor one of the "
        "engagement's people, so psbot would not recognise what it makes",
        "name the account in people:, list it in config/accounts.yml, or use a service account's token",
    )


def check_machine(engagement: Engagement, account: Account, process: Process) -> None:
    """Raise GitLabError where the token is a person's: what psbot does would count as that person's doing."""
    if is_machine(account.author, process):
        return
    raise GitLabError(
        f"{engagement.key}: the token belongs to {account.author.username}, a person, and what is written with it "
        "would count as done by that person, approvals included",
        "use a service account's token, list the account in config/accounts.yml, or add --as-me if you mean it",
    )


def check_label_permission(
    engagement: Engagement, account: Account, access_level: int | None, plan: Plan
) -> None:
    """Raise GitLabError where *plan* makes labels and the role in the label group does not reach for that.

    GitLab lets Planners and above make labels; None is a role that is not known, which GitLab will judge.
    """
    missing = sum(isinstance(operation, CreateLabel) for operation in plan.operations)
    if not missing or access_level is None or access_level >= PLANNER:
        return
    raise GitLabError(
        f"{engagement.key}: {missing} labels are missing, and the role of {account.author.username} in "
        f"{engagement.gitlab.label_group} (gitlab.label_group) is too low to make them",
        "give the account the role Planner or more there, or have somebody who has it make the labels",
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
    names: Iterable[str], asked: Iterable[Membership], found: AccountLookup
) -> Iterator[str]:
    """Say of each of *names* and *asked* what GitLab does not have."""
    for name in names:
        if name not in found.gids:
            yield f"GitLab knows no user {name}"
        elif name in found.inactive:
            yield f"{name} is blocked or deactivated"
    for each in asked:
        if each.username in found.gids and each not in found.members:
            yield f"{each.username} is not a member of {each.path}"
