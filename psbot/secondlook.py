"""A second look before anything is made: what a list leaves out without a word must not be made again."""

from psbot.core.engagement import Engagement
from psbot.forge.documents import Part
from psbot.forge.ports import ForgeReader
from psbot.listing import Listing, turn
from psbot.observe import Observation


def shows_more(reader: ForgeReader, engagement: Engagement, looked: Observation) -> bool:
    """Tell whether the epic has children now that are not among those *looked* at; False where there is no epic.

    A list that hides items counts only what it shows, so nothing in it tells that it is short.
    """
    epic = looked.snapshot.epic
    if epic is None or epic.gid is None:
        return False
    listing = Listing(Part.CHILDREN, (epic.gid,))
    while not listing.is_done:
        seen = turn(reader, engagement.gitlab.group, [listing])[listing].items
        if any(each.gid not in looked.seen for each in seen):
            return True
    return False
