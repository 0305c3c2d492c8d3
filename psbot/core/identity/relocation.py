"""Whether the file is still that of the engagement which is in GitLab: its projects, and its key."""

from collections.abc import Iterator, Mapping

from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Desired, Snapshot
from psbot.core.model.process import PlaceKind, Process
from psbot.core.text.marker import fingerprint


def moved_projects(engagement: Engagement, observed: Snapshot, process: Process) -> Iterator[str]:
    """Yield a sentence for each project of the file that has none of the items which belong there.

    One item that a person has moved elsewhere is the person's doing; all of them elsewhere is another project
    in the file, and going on would split the engagement, or show the customer what is internal. GitLab's paths
    know no upper and lower case.
    """
    gitlab = engagement.gitlab
    named = {
        PlaceKind.SHARED: ("gitlab.project", gitlab.project),
        PlaceKind.INTERNAL: ("gitlab.internal_project", gitlab.internal),
    }
    for place, (name, path) in named.items():
        kinds = {kind.name for kind in process.kinds.values() if kind.place is place}
        found = {
            item.namespace.casefold(): item.namespace for item in observed.children if item.kind in kinds
        }
        if found and path.casefold() not in found:
            yield f"{name} is {path}, and the {place} items are in {', '.join(sorted(found.values()))}"


def epic_with_our_title(desired: Desired, titles: Mapping[str, str]) -> str | None:
    """Return the epic of another key that has the title of ours, by what psbot remembers; None for none.

    *titles* are by fingerprint. Customer and statement of work make the title, so this is the same engagement
    whose key was changed in the file; to go on would make all of it a second time.
    """
    epic = desired.snapshot.epic
    return titles.get(fingerprint(epic.title)) if epic else None
