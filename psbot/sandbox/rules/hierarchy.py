"""Parents and children of work items."""

from psbot.sandbox.rules import access
from psbot.sandbox.rules.references import add_system_note, relative_reference
from psbot.sandbox.rules.refusals import Invalid
from psbot.sandbox.state.accounts import AccessLevel, Edition, User
from psbot.sandbox.state.model import ItemType, WorkItem
from psbot.sandbox.state.world import World

NO_MATCHING_ITEM = "No matching work item found. Make sure that you are adding a valid work item ID."
MAX_CHILDREN = 5_000
MAX_EPIC_DEPTH = 7
_CHILD_TYPES = {
    ItemType.EPIC: {ItemType.EPIC, ItemType.ISSUE},
    ItemType.ISSUE: {ItemType.TASK},
    ItemType.INCIDENT: {ItemType.TASK},
    ItemType.TICKET: {ItemType.TASK},
    ItemType.TASK: set(),
}


def set_parent(world: World, user: User, item: WorkItem, parent: WorkItem | None) -> None:
    """Set or remove the parent of *item*. Raises Invalid."""
    if parent is item.parent:
        return
    if parent is not None:
        check_parent(world, user, item, parent)
    if item.parent is not None:
        _add_hierarchy_notes(world, user, item.parent, item, is_added=False)
        item.parent.children.remove(item)
    item.parent = parent
    if parent is not None:
        parent.children.insert(
            0, item
        )  # GitLab, app/services/work_items/parent_links/create_service.rb@de09f039
        parent.updated_at = world.clock.now()
        _add_hierarchy_notes(world, user, parent, item, is_added=True)


def check_parent(world: World, user: User, item: WorkItem, parent: WorkItem) -> None:
    """Raise Invalid if *item* cannot become a child of *parent*.

    To read a group's epic is enough to put an item below it (GitLab, ee/app/services/ee/work_items/parent_links/
    create_service.rb@0dee1686); both are confidential or not (app/models/work_item.rb@121f9773).
    """
    is_member = access.max_access_level(world, user, parent.namespace) >= AccessLevel.GUEST
    if not access.can_read(world, user, parent) or not (parent.namespace.is_group or is_member):
        raise Invalid(NO_MATCHING_ITEM)
    if parent.confidential and not item.confidential:
        raise Invalid("A non-confidential work item cannot have a confidential parent.")
    if item.type not in _CHILD_TYPES[parent.type]:
        raise Invalid(
            f"{relative_reference(item, parent.namespace)} cannot be added: "
            "it's not allowed to add this type of parent item"
        )
    if item.is_epic and world.edition is not Edition.ULTIMATE:
        raise Invalid(
            f"{relative_reference(item, parent.namespace)} cannot be added: subepics are not available"
        )
    if len(parent.children) >= MAX_CHILDREN:
        raise Invalid(
            f"{relative_reference(item, parent.namespace)} cannot be added: reached maximum number of children"
        )
    line = ancestors(parent)
    if item is parent or item in line:
        raise Invalid(
            f"{relative_reference(item, parent.namespace)} cannot be added: it's already an ancestor"
        )
    if item.is_epic and len(line) + 2 > MAX_EPIC_DEPTH:
        raise Invalid(f"{relative_reference(item, parent.namespace)} cannot be added: reached maximum depth")


def ancestors(item: WorkItem) -> list[WorkItem]:
    """Return the parents of *item*, nearest first."""
    found: list[WorkItem] = []
    above = item.parent
    while above is not None:
        found.append(above)
        above = above.parent
    return found


def descendants(item: WorkItem) -> list[WorkItem]:
    """Return the children of *item*, theirs, and so on."""
    found: list[WorkItem] = []
    for child in item.children:
        found += [child, *descendants(child)]
    return found


def _add_hierarchy_notes(
    world: World, user: User, parent: WorkItem, item: WorkItem, *, is_added: bool
) -> None:
    """Add a system note to both; users who may not see the other item do not see its note."""
    child_kind, parent_kind = item.type.value.lower(), parent.type.value.lower()
    child, above = relative_reference(item, parent.namespace), relative_reference(parent, item.namespace)
    if is_added:
        on_parent = (f"added {child} as child {child_kind}", "relate_to_child")
        on_child = (f"added {above} as parent {parent_kind}", "relate_to_parent")
    else:
        on_parent = (f"removed child {child_kind} {child}", "unrelate_from_child")
        on_child = (f"removed parent {parent_kind} {above}", "unrelate_from_parent")
    add_system_note(world, parent, user, *on_parent, mentions=item)
    add_system_note(world, item, user, *on_child, mentions=parent)
