"""Work item widgets: which item type has which, and their names in the schema."""

from dataclasses import dataclass

from psbot.sandbox.graphql_api.context import Info
from psbot.sandbox.state.model import ItemType, WorkItem
from psbot.sandbox.state.world import World

_COMMON_WIDGETS = (
    "DESCRIPTION",
    "HIERARCHY",
    "ASSIGNEES",
    "LABELS",
    "MILESTONE",
    "NOTES",
    "LINKED_ITEMS",
    "TIME_TRACKING",
)
_EXTRA_WIDGETS: dict[ItemType, tuple[str, ...]] = {
    ItemType.EPIC: ("START_AND_DUE_DATE", "WEIGHT", "COLOR"),
    ItemType.ISSUE: ("START_AND_DUE_DATE", "WEIGHT"),
    ItemType.TASK: ("START_AND_DUE_DATE", "WEIGHT"),
    ItemType.TICKET: ("START_AND_DUE_DATE", "WEIGHT"),
    ItemType.INCIDENT: (),
}
_TYPES = {
    "DESCRIPTION": "WorkItemWidgetDescription",
    "HIERARCHY": "WorkItemWidgetHierarchy",
    "ASSIGNEES": "WorkItemWidgetAssignees",
    "LABELS": "WorkItemWidgetLabels",
    "MILESTONE": "WorkItemWidgetMilestone",
    "NOTES": "WorkItemWidgetNotes",
    "START_AND_DUE_DATE": "WorkItemWidgetStartAndDueDate",
    "TIME_TRACKING": "WorkItemWidgetTimeTracking",
    "LINKED_ITEMS": "WorkItemWidgetLinkedItems",
    "WEIGHT": "WorkItemWidgetWeight",
    "COLOR": "WorkItemWidgetColor",
}
FEATURES = {
    "description": "DESCRIPTION",
    "hierarchy": "HIERARCHY",
    "assignees": "ASSIGNEES",
    "labels": "LABELS",
    "milestone": "MILESTONE",
    "notes": "NOTES",
    "startAndDueDate": "START_AND_DUE_DATE",
    "timeTracking": "TIME_TRACKING",
    "linkedItems": "LINKED_ITEMS",
    "weight": "WEIGHT",
    "color": "COLOR",
}


@dataclass(frozen=True, slots=True)
class Widget:
    """One widget of one item."""

    type: str
    item: WorkItem


@dataclass(frozen=True, slots=True)
class WidgetDefinition:
    """A widget that an item type has."""

    type: str


def supported_widgets(world: World, type_: ItemType) -> tuple[str, ...]:
    """Return the widgets that items of *type_* have on this instance."""
    more = _EXTRA_WIDGETS[type_]
    return (
        *_COMMON_WIDGETS,
        *(more if world.has_epics else tuple(name for name in more if name != "WEIGHT")),
    )


def widget_type_name(widget: Widget, _info: Info, _type: object) -> str:
    """Return a widget's type in the schema."""
    return _TYPES[widget.type]


def definition_type_name(definition: WidgetDefinition, _info: Info, _type: object) -> str:
    """Return a widget definition's type in the schema."""
    special = {"ASSIGNEES": "Assignees", "LABELS": "Labels", "HIERARCHY": "Hierarchy"}
    return f"WorkItemWidgetDefinition{special.get(definition.type, 'Generic')}"
