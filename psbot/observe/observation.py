"""What GitLab has of an engagement, and how far to read."""

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
    """The global ids that writing needs: of labels by title, of item types by group or project."""

    labels: Mapping[str, str] = field(default_factory=dict)
    item_types: Mapping[str, str] = field(default_factory=dict)


class Depth(IntEnum):
    """How far an engagement was read; items are created only after a full read."""

    NOTHING = 0
    EPIC = 1
    CHILDREN = 2
    ALL = 3


@dataclass(frozen=True, slots=True)
class Observation:
    """What GitLab has of one engagement, the account that read it, and the ids that writing needs.

    ``label_access_level`` is the role in the label group, None where it is not known. ``epics_by_title`` has, by the
    token of the title, the epics of other engagements in the group. ``seen_gids`` are the global ids of all items that
    were read, ``histories`` what has been read of their histories, ``depth`` how far was read.
    """

    snapshot: Snapshot
    account: Account
    global_ids: GlobalIds
    findings: tuple[Finding, ...] = ()
    label_access_level: int | None = None
    epics_by_title: Mapping[str, str] = field(default_factory=dict)
    unmarked_epics: Mapping[str, str] = field(default_factory=dict)
    seen_gids: frozenset[str] = frozenset()
    histories: Histories = field(default_factory=Histories)
    depth: Depth = Depth.ALL


class WrongGroup(GitLabError):
    """The file names another group than the engagement is in."""

    exit_code = ExitCode.INPUT


ObservationResult = Observation | GitLabError


@dataclass(frozen=True, slots=True)
class ReadScope:
    """How far to read; without ``is_full`` epics and their children only.

    Of engagements that have ended, only the epics are then read; with ``since`` also of those in which nothing has
    changed from then to ``now``, if no new day has started for them. ``with_newest_note`` asks for the newest note of
    each item, instead of fields that do not matter for staleness.
    """

    is_full: bool = True
    since: datetime | None = None
    now: datetime | None = None
    with_newest_note: bool = False

    def starts_new_day(self, engagement: Engagement) -> bool:
        """Tell whether a new day has started for the engagement, so that time alone may have changed something."""
        if self.since is None or self.now is None:
            return True
        return engagement.today(self.since) != engagement.today(self.now)


FULL = ReadScope()
