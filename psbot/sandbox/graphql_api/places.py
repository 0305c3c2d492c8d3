"""Fields of groups, projects and namespaces."""

from typing import Any

from psbot.sandbox.faults.faults import apply_list_fault
from psbot.sandbox.graphql_api.connections import Page, paginate
from psbot.sandbox.graphql_api.context import Info, Resolver, Value, context_of
from psbot.sandbox.graphql_api.filters import parse_filter, parse_order
from psbot.sandbox.graphql_api.reading import access_node, paginate_items, type_node
from psbot.sandbox.rules import access
from psbot.sandbox.rules.listing import ListScope, list_items, list_scope
from psbot.sandbox.rules.membership import DIRECT, INHERITED, list_memberships, search_memberships
from psbot.sandbox.state import global_ids, urls
from psbot.sandbox.state.accounts import AccessLevel, Namespace
from psbot.sandbox.state.labels import Label
from psbot.sandbox.state.model import WorkItem


def _work_items(namespace: Namespace, info: Info, **arguments: Value) -> Page:
    ctx = context_of(info)
    scope = list_scope(
        ctx.world,
        ctx.user,
        namespace,
        descendants=bool(arguments.get("includeDescendants")),
        ancestors=bool(arguments.get("includeAncestors")),
    )
    if arguments.get("excludeProjects"):
        scope = ListScope(tuple(one for one in scope.namespaces if one.is_group))
    order, descending = parse_order(arguments.get("sort"))
    found = list_items(ctx.world, ctx.user, scope, parse_filter(arguments), order, descending=descending)
    return paginate_items(apply_list_fault(found, ctx.fault), arguments)


def _state_counts(namespace: Namespace, info: Info, **arguments: Value) -> dict[str, int]:
    ctx = context_of(info)
    found = list_items(
        ctx.world, ctx.user, list_scope(ctx.world, ctx.user, namespace), parse_filter(arguments)
    )
    opened = sum(item.is_open for item in found)
    return {"all": len(found), "opened": opened, "closed": len(found) - opened}


def _work_item(namespace: Namespace, info: Info, iid: str) -> WorkItem | None:
    ctx = context_of(info)
    item = ctx.world.item(namespace, int(iid)) if iid.isdigit() else None
    return item if item and access.can_read(ctx.world, ctx.user, item) else None


def _types(namespace: Namespace, info: Info, **arguments: Value) -> Page:
    found = [type_node(type_, number) for type_, number in context_of(info).world.types_of(namespace).items()]
    return paginate(found, lambda node: node["id"], arguments)


def _labels(namespace: Namespace, info: Info, **arguments: Value) -> Page:
    world = context_of(info).world
    # A project always includes its ancestors' labels; a group only on request.
    above = namespace.self_and_ancestors[1:] if arguments.get("includeAncestorGroups") else []
    below = list(world.subtree(namespace))[1:] if arguments.get("includeDescendantGroups") else []
    places = [namespace, *above, *(one for one in below if one.is_group)]
    found = [label for place in places for label in world.labels_of[place.namespace_id].values()]
    if namespace.is_group:
        # GitLab, Group.labels of the GraphQL schema of 18.7: "Filters archived labels. Defaults to false."
        found = [label for label in found if label.is_archived is bool(arguments.get("archived"))]
    if arguments.get("title") is not None:
        found = [label for label in found if label.title == arguments["title"]]
    if arguments.get("searchTerm"):
        fields = arguments.get("searchIn") or ["TITLE", "DESCRIPTION"]
        found = [label for label in found if _mentions(label, arguments["searchTerm"].lower(), fields)]
    return paginate(
        sorted(found, key=lambda label: (label.title, label.id)), lambda label: label.id, arguments
    )


def _mentions(label: Label, text: str, fields: list[str]) -> bool:
    in_title = "TITLE" in fields and text in label.title.lower()
    return in_title or ("DESCRIPTION" in fields and text in (label.description or "").lower())


def _members(namespace: Namespace, info: Info, **arguments: Value) -> Page:
    world = context_of(info).world
    relations = frozenset(arguments.get("relations") or (DIRECT, INHERITED))
    found = search_memberships(list_memberships(world, namespace, relations), arguments.get("search"))
    if arguments.get("accessLevels"):
        wanted = {AccessLevel[name] for name in arguments["accessLevels"] if name in AccessLevel.__members__}
        found = [one for one in found if one.access_level in wanted]
    return paginate(found, lambda one: one.id, arguments)


def _max_access(namespace: Namespace, info: Info) -> dict[str, Any]:
    ctx = context_of(info)
    return access_node(access.max_access_level(ctx.world, ctx.user, namespace))


def _below(namespace: Namespace, info: Info, *, groups: bool, everything: bool, arguments: Value) -> Page:
    ctx = context_of(info)
    places = (
        list(ctx.world.subtree(namespace))[1:]
        if everything
        else ctx.world.children_of[namespace.namespace_id]
    )
    text = (arguments.get("search") or "").lower()
    found = [
        one
        for one in places
        if one.is_group is groups
        and text in one.full_path.lower()
        and access.is_readable(ctx.world, ctx.user, one)
    ]
    return paginate(found, lambda one: one.id, arguments)


def _full_name(namespace: Namespace, separator: str = " / ") -> str:
    return separator.join(one.name for one in reversed(namespace.self_and_ancestors))


_NAMESPACE: dict[str, Resolver] = {
    "fullPath": lambda ns, info: ns.full_path,
    "fullName": lambda ns, info: _full_name(ns),
    "archived": lambda ns, info: ns.is_read_only,
    "createdAt": lambda ns, info: ns.created_at,
    "webUrl": lambda ns, info: urls.namespace_url(context_of(info).world, ns),
    "availableFeatures": lambda ns, info: {"hasEpicsFeature": context_of(info).world.has_epics},
    "licensedFeatures": lambda ns, info: {"hasEpicsFeature": context_of(info).world.has_epics},
    "workItem": _work_item,
    "workItems": _work_items,
    "workItemTypes": _types,
    "workItemStateCounts": _state_counts,
    "labels": _labels,
    "label": lambda ns, info, title: context_of(info).world.find_label(ns, title),
    "maxAccessLevel": _max_access,
}


def _namespace_permissions(namespace: Namespace, info: Info) -> dict[str, bool]:
    ctx = context_of(info)
    role = access.max_access_level(ctx.world, ctx.user, namespace)
    return {
        "readGroup": True,
        "readProject": True,
        "createProjects": role >= AccessLevel.DEVELOPER,
        "adminProject": role >= AccessLevel.MAINTAINER,
        "adminIssue": role >= AccessLevel.PLANNER,
        "createLabel": role >= AccessLevel.PLANNER,
        "createIssue": access.can_create(ctx.world, ctx.user, namespace),
        "createWorkItem": access.can_create(ctx.world, ctx.user, namespace),
    }


FIELDS: dict[str, dict[str, Resolver]] = {
    "Namespace": {
        **_NAMESPACE,
        "id": lambda ns, info: (
            global_ids.namespace_gid(ns)
            if ns.is_group
            else global_ids.gid("Namespaces::ProjectNamespace", ns.namespace_id)
        ),
    },
    "Group": {
        **_NAMESPACE,
        "id": lambda ns, info: global_ids.namespace_gid(ns),
        "epicsEnabled": lambda ns, info: context_of(info).world.has_epics,
        "groupMembers": _members,
        "userPermissions": _namespace_permissions,
        "projects": lambda ns, info, includeSubgroups=False, **arguments: _below(
            ns, info, groups=False, everything=includeSubgroups, arguments=arguments
        ),
        "descendantGroups": lambda ns, info, **arguments: _below(
            ns, info, groups=True, everything=True, arguments=arguments
        ),
    },
    "Project": {
        **_NAMESPACE,
        "id": lambda ns, info: global_ids.namespace_gid(ns),
        "nameWithNamespace": lambda ns, info: _full_name(ns),
        "issuesEnabled": lambda ns, info: ns.has_issues,
        "group": lambda ns, info: ns.parent,
        "namespace": lambda ns, info: ns.parent,
        "projectMembers": _members,
        "userPermissions": _namespace_permissions,
    },
}
