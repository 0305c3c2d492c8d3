"""Observation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding
from psbot.core.model.history import Histories
from psbot.core.model.item import Snapshot
from psbot.errors import ExitCode, GitLabError
from psbot.gitlab.values import Account


@dataclass(frozen=True, slots=True)
class GlobalIds:
    """The global ids that writing needs: of labels by title, of item types by place."""

    labels: Mapping[str, str] = field(default_factory=dict)
    item_types: Mapping[str, str] = field(default_factory=dict)


class Depth(IntEnum):
    """How far a look went; things are made only where it went all the way."""

    NOTHING = 0
    EPIC = 1
    CHILDREN = 2
    ALL = 3


@dataclass(frozen=True, slots=True)
class Observation:
    """What GitLab has of one engagement, who looked, and the ids that writing needs.

    ``label_level`` is the role in the label group, None where it is not known. ``titles`` tells where in the group
    another engagement's epic is that psbot last gave the title with this fingerprint; ``seen`` are the global ids
    of all items that were looked at, ``histories`` what has been read of their histories, ``reach`` how far the look
    went.
    """

    snapshot: Snapshot
    account: Account
    global_ids: GlobalIds
    findings: tuple[Finding, ...] = ()
    label_access_level: int | None = None
    epics_by_title: Mapping[str, str] = field(default_factory=dict)
    seen_gids: frozenset[str] = frozenset()
    histories: Histories = field(default_factory=Histories)
    depth: Depth = Depth.ALL


class WrongGroup(GitLabError):
    """The file names another group than the one that the engagement is in."""

    exit_code = ExitCode.INPUT


ObservationResult = Observation | GitLabError


@dataclass(frozen=True, slots=True)
class ReadScope:
    """How far to look: without ``is_thorough`` at epics and their children alone, where that is enough.

    Engagements that have ended are then not read further than their epics and, where ``since`` is given, neither are
    those of which nothing has changed from then to ``now``, no day of theirs having begun in between. ``with_newest``
    asks for the newest note of each item, in place of what does not matter for how long it has been quiet.
    """

    is_full: bool = True
    since: datetime | None = None
    now: datetime | None = None
    with_newest_note: bool = False

    def starts_new_day(self, engagement: Engagement) -> bool:
        """Tell whether time alone may have changed something."""
        if self.since is None or self.now is None:
            return True
        return engagement.today(self.since) != engagement.today(self.now)


FULL = ReadScope()
