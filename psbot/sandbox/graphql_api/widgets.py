"""Fields of work item widgets."""

from collections.abc import Callable, Sequence
from typing import Any

from psbot.sandbox.graphql_api.connections import Page, paginate
from psbot.sandbox.graphql_api.context import Info, Resolver, Value, context_of
from psbot.sandbox.graphql_api.reading import paginate_items, paginate_notes, text_color, type_node
from psbot.sandbox.graphql_api.widget_types import FEATURES, Widget, WidgetDefinition, supported_widgets
from psbot.sandbox.rules import access, notes, task_lists
from psbot.sandbox.rules.hierarchy import ancestors
from psbot.sandbox.rules.item_changes import format_duration
from psbot.sandbox.rules.links import link_kind, links_of
from psbot.sandbox.rules.markdown import render_html
from psbot.sandbox.state import dates, global_ids
from psbot.sandbox.state.model import ItemType, Note, WorkItem


def _widgets(
    item: WorkItem,
    info: Info,
    onlyTypes: list[str] | None = None,
    exceptTypes: list[str] | None = None,
) -> list[Widget]:
    names = supported_widgets(context_of(info).world, item.type)
    return [
        Widget(name, item)
        for name in names
        if (onlyTypes is None or name in onlyTypes) and name not in (exceptTypes or ())
    ]


def _feature_resolver(name: str) -> Callable[[WorkItem, Info], Widget | None]:
    def resolve(item: WorkItem, info: Info) -> Widget | None:
        return Widget(name, item) if name in supported_widgets(context_of(info).world, item.type) else None

    return resolve


def _visible(items: list[WorkItem], info: Info) -> list[WorkItem]:
    ctx = context_of(info)
    return [item for item in items if access.can_read(ctx.world, ctx.user, item)]


def _parent(widget: Widget, info: Info) -> WorkItem | None:
    parent = widget.item.parent
    return parent if parent and _visible([parent], info) else None


def _children(widget: Widget, info: Info, state: str | None = None, **arguments: Value) -> Page:
    found = _visible(widget.item.children, info)
    if state is not None:
        found = [item for item in found if item.is_open is (state == "OPEN")]
    return paginate_items(found, arguments)


def _counts(widget: Widget, info: Info) -> list[dict[str, Any]]:
    world = context_of(info).world
    kinds = (ItemType.EPIC, ItemType.ISSUE, ItemType.TASK) if widget.item.is_epic else (ItemType.TASK,)
    found = []
    for kind in kinds:
        states = [child.is_open for child in widget.item.children if child.type is kind]
        opened = sum(states)
        number = {**world.types_of(widget.item.namespace), **_ALL_TYPES}[kind]
        found.append(
            {
                "workItemType": type_node(kind, number),
                "countsByState": {"all": len(states), "opened": opened, "closed": len(states) - opened},
            }
        )
    return found


_ALL_TYPES = {ItemType.EPIC: 8, ItemType.ISSUE: 1, ItemType.TASK: 5}


def _notes(widget: Widget, info: Info, only: str) -> list[Note]:
    ctx = context_of(info)
    return _of_kind(notes.visible_notes(ctx.world, ctx.user, widget.item), only)


def _of_kind(found: list[Note], only: str) -> list[Note]:
    if only == "ALL_NOTES":
        return found
    return [note for note in found if note.is_system is (only == "ONLY_ACTIVITY")]


def _discussions(
    widget: Widget,
    info: Info,
    filter: str = "ALL_NOTES",
    sort: str = "CREATED_ASC",
    **arguments: Value,
) -> Page:
    """Return a page of discussions, in the order in which they began.

    What the user may not read is taken out after the page was cut: a page may be short or empty, and another may follow
    (GitLab, app/services/work_items/discussions_list_service.rb).
    """
    found = notes.group_by_discussion(_of_kind(widget.item.notes, filter or "ALL_NOTES"))
    ordered = found[::-1] if sort == "CREATED_DESC" else found
    readable = {note.id for note in _notes(widget, info, "ALL_NOTES")}

    def show(page: Sequence[list[Note]]) -> list[list[Note]]:
        shown = ([note for note in discussion if note.id in readable] for discussion in page)
        return [discussion for discussion in shown if discussion]

    shown_page = paginate(ordered, lambda notes: notes[0].id, arguments)
    shown_page.show = show
    return shown_page


def _note_page(widget: Widget, info: Info, filter: str = "ALL_NOTES", **arguments: Value) -> Page:
    return paginate_notes(_notes(widget, info, filter or "ALL_NOTES"), arguments)


def _completion(widget: Widget, _info: Info) -> dict[str, int]:
    found = task_lists.parse_tasks(widget.item.description)
    return {"count": len(found), "completedCount": sum(task.is_done for task in found)}


def _linked(widget: Widget, info: Info, filter: str | None = None, **arguments: Value) -> Page:
    ctx = context_of(info)
    wanted = {"BLOCKS": "blocks", "BLOCKED_BY": "is_blocked_by", "RELATED": "relates_to"}.get(filter or "")
    found = [
        {
            "id": link.id,
            "linkId": global_ids.gid("WorkItems::RelatedWorkItemLink", link.id),
            "linkType": link_kind(link, widget.item),
            "linkCreatedAt": link.created_at,
            "linkUpdatedAt": link.created_at,
            "workItem": other,
            "workItemState": "OPEN" if other.is_open else "CLOSED",
        }
        for link, other in links_of(ctx.world, ctx.user, widget.item)
        if wanted in (None, link_kind(link, widget.item))
    ]
    return paginate(found, lambda node: node["id"], arguments)


def _count_links(widget: Widget, info: Info, kind: str) -> int:
    ctx = context_of(info)
    return sum(
        link_kind(link, widget.item) == kind for link, _other in links_of(ctx.world, ctx.user, widget.item)
    )


def _timelogs(widget: Widget, _info: Info, **arguments: Value) -> Page:
    return paginate(widget.item.timelogs, lambda log: log.id, arguments)


_MULTIPLE: dict[str, Resolver] = {
    "allowsMultipleAssignees": lambda widget, info: context_of(info).world.has_epics,
}
_SCOPED: dict[str, Resolver] = {"allowsScopedLabels": lambda widget, info: context_of(info).world.has_epics}

FIELDS: dict[str, dict[str, Resolver]] = {
    "WorkItem": {"widgets": _widgets, "features": lambda item, info: item},
    "WorkItemFeatures": {field: _feature_resolver(name) for field, name in FEATURES.items()},
    "WorkItemType": {
        "widgetDefinitions": lambda node, info: [
            WidgetDefinition(name) for name in supported_widgets(context_of(info).world, node["type"])
        ],
    },
    "WorkItemWidgetDefinitionAssignees": _MULTIPLE,
    "WorkItemWidgetDefinitionLabels": _SCOPED,
    "WorkItemWidgetDescription": {
        "description": lambda widget, info: widget.item.description,
        "descriptionHtml": lambda widget, info: render_html(widget.item.description),
        "edited": lambda widget, info: widget.item.last_edited_at is not None,
        "lastEditedAt": lambda widget, info: widget.item.last_edited_at,
        "lastEditedBy": lambda widget, info: widget.item.last_edited_by,
        "taskCompletionStatus": _completion,
    },
    "WorkItemWidgetLabels": {
        **_SCOPED,
        "labels": lambda widget, info, **arguments: paginate(
            sorted(widget.item.labels, key=lambda label: label.title), lambda label: label.id, arguments
        ),
    },
    "WorkItemWidgetAssignees": {
        **_MULTIPLE,
        "canInviteMembers": lambda widget, info: False,
        "assignees": lambda widget, info, **arguments: paginate(
            widget.item.assignees, lambda user: user.id, arguments
        ),
    },
    "WorkItemWidgetHierarchy": {
        "parent": _parent,
        "children": _children,
        "ancestors": lambda widget, info, **arguments: paginate_items(
            _visible(ancestors(widget.item)[::-1], info), arguments
        ),
        "hasChildren": lambda widget, info: bool(_visible(widget.item.children, info)),
        "hasParent": lambda widget, info: widget.item.parent is not None,
        "rolledUpCountsByType": _counts,
    },
    "WorkItemWidgetStartAndDueDate": {
        "startDate": lambda widget, info: dates.start_of(widget.item),
        "dueDate": lambda widget, info: dates.due_of(widget.item),
        "isFixed": lambda widget, info: widget.item.has_fixed_dates,
        "rollUp": lambda widget, info: widget.item.is_epic,
    },
    "WorkItemWidgetNotes": {
        "discussionLocked": lambda widget, info: widget.item.is_locked,
        "discussions": _discussions,
        "notes": _note_page,
    },
    "WorkItemWidgetMilestone": {"milestone": lambda widget, info: widget.item.milestone},
    "WorkItemWidgetWeight": {"weight": lambda widget, info: widget.item.weight},
    "WorkItemWidgetColor": {
        "color": lambda widget, info: widget.item.color,
        "textColor": lambda widget, info: text_color(widget.item.color),
    },
    "WorkItemWidgetTimeTracking": {
        "timeEstimate": lambda widget, info: widget.item.estimate_seconds,
        "totalTimeSpent": lambda widget, info: widget.item.spent_seconds,
        "humanReadableAttributes": lambda widget, info: {
            "timeEstimate": format_duration(widget.item.estimate_seconds)
            if widget.item.estimate_seconds
            else "",
            "totalTimeSpent": format_duration(widget.item.spent_seconds) if widget.item.spent_seconds else "",
        },
        "timelogs": _timelogs,
    },
    "WorkItemTimelog": {
        "id": lambda log, info: global_ids.gid("Timelog", log.id),
        "spentAt": lambda log, info: log.spent_at,
        "timeSpent": lambda log, info: log.seconds,
    },
    "WorkItemWidgetLinkedItems": {
        "linkedItems": _linked,
        "blocked": lambda widget, info: _count_links(widget, info, "is_blocked_by") > 0,
        "blockedByCount": lambda widget, info: _count_links(widget, info, "is_blocked_by"),
        "blockingCount": lambda widget, info: _count_links(widget, info, "blocks"),
    },
}
