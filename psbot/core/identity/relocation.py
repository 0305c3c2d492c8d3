"""Whether the engagement file still fits what is in GitLab: the same projects, and the same engagement key."""

from collections.abc import Iterator, Mapping

from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Desired, Snapshot
from psbot.core.model.process import EPIC, PlaceKind, Process
from psbot.core.text.marker import Marker, fingerprint


def moved_projects(engagement: Engagement, observed: Snapshot, process: Process) -> Iterator[str]:
    """Yield a message for each project of the file that contains none of the items that belong there.

    A person may move one item elsewhere. If all of them are elsewhere, the file names another project, and to
    continue would split the engagement, or show the customer internal items. GitLab ignores case in paths.
    """
    gitlab = engagement.gitlab
    configured = {
        PlaceKind.SHARED: ("gitlab.project", gitlab.project),
        PlaceKind.INTERNAL: ("gitlab.internal_project", gitlab.internal),
    }
    for place, (key, path) in configured.items():
        kinds = {kind.name for kind in process.kinds.values() if kind.place is place}
        actual = {
            item.namespace.casefold(): item.namespace for item in observed.children if item.kind in kinds
        }
        if actual and path.casefold() not in actual:
            yield f"`{key}` is {path}, but the {place} items are in {', '.join(sorted(actual.values()))}"


def comparable_title(title: str) -> str:
    """Return what two titles have in common that people take for the same."""
    return fingerprint(" ".join(title.casefold().split()))


def unmarked_epic_finding(
    engagement: Engagement, desired: Desired, unmarked_epics: Mapping[str, str]
) -> Finding | None:
    """Return the finding about an epic without a marker that has the title of the epic to be created; None for none.

    *unmarked_epics* are references by comparable title. A person created it, or somebody has removed its marker.
    """
    epic = desired.snapshot.epic
    found = unmarked_epics.get(comparable_title(epic.title)) if epic else None
    if found is None:
        return None
    line = Marker(engagement.key, EPIC)
    message = (
        f"{found} has the title of the engagement's epic but no marker, so psbot creates nothing. If it is the "
        f"engagement's epic, add this line at the top of its description: {line} Otherwise rename it."
    )
    return Finding("unmarked-epic", Severity.WARNING, message, EPIC)


def epic_with_our_title(desired: Desired, titles: Mapping[str, str]) -> str | None:
    """Return the epic of another engagement key whose remembered title is ours; None for none.

    *titles* are by fingerprint. The title consists of customer and statement of work, so this is the same engagement
    with another key in the file; to continue would create all of it again.
    """
    epic = desired.snapshot.epic
    return titles.get(fingerprint(epic.title)) if epic else None
