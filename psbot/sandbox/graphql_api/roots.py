"""The root fields of queries."""

from psbot.sandbox.graphql_api.connections import Page, paginate
from psbot.sandbox.graphql_api.context import Info, Resolver, Value, context_of, unavailable
from psbot.sandbox.rules import access
from psbot.sandbox.rules.references import referenced_items
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.model import Note, WorkItem


def _namespace(info: Info, full_path: str) -> Namespace | None:
    ctx = context_of(info)
    found = ctx.world.namespace(full_path)
    return found if found and access.is_readable(ctx.world, ctx.user, found) else None


def _group(_root: None, info: Info, fullPath: str) -> Namespace | None:
    found = _namespace(info, fullPath)
    return found if found and found.is_group else None


def _project(_root: None, info: Info, fullPath: str) -> Namespace | None:
    found = _namespace(info, fullPath)
    return None if found is None or found.is_group else found


def _work_item(_root: None, info: Info, id: str) -> WorkItem:
    ctx = context_of(info)
    item = ctx.world.items.get(int(id))
    if item is None or not access.can_read(ctx.world, ctx.user, item):
        raise unavailable()
    return item


def _note(_root: None, info: Info, id: str) -> Note | None:
    ctx = context_of(info)
    note = ctx.world.notes.get(int(id)) if id.isdigit() else None
    if note is None or not access.can_read(ctx.world, ctx.user, note.item):
        return None
    return note if access.can_read_note(ctx.world, ctx.user, note) else None


def _user(_root: None, info: Info, id: str | None = None, username: str | None = None) -> User | None:
    world = context_of(info).world
    if username is not None:
        return world.user(username)
    return world.user_by_id(int(id)) if id is not None else None


def _users(_root: None, info: Info, **arguments: Value) -> Page:
    found = list(context_of(info).world.users.values())
    if arguments.get("usernames") is not None:
        names = {name.lower() for name in arguments["usernames"]}
        found = [user for user in found if user.username.lower() in names]
    if arguments.get("ids") is not None:
        numbers = {str(number).rpartition("/")[2] for number in arguments["ids"]}
        found = [user for user in found if str(user.id) in numbers]
    if arguments.get("search"):
        text = arguments["search"].lower()
        found = [user for user in found if text in user.username.lower() or text in user.name.lower()]
    if arguments.get("active"):
        found = [user for user in found if user.state == "active"]
    if arguments.get("humans"):
        found = [user for user in found if not user.is_bot]
    # GitLab lists the newest users first by default.
    return paginate(sorted(found, key=lambda user: -user.id), lambda user: user.id, arguments)


def _by_reference(_root: None, info: Info, refs: list[str], **arguments: Value) -> Page:
    ctx = context_of(info)
    context_namespace = ctx.world.namespace(arguments.get("contextNamespacePath") or "")
    namespace = context_namespace or next(iter(ctx.world.namespaces.values()), None)
    found = list(referenced_items(ctx.world, " ".join(refs), namespace)) if namespace else []
    visible = [item for item in dict.fromkeys(found) if access.can_read(ctx.world, ctx.user, item)]
    return paginate(visible, lambda item: item.id, arguments)


def _complexity(_root: None, info: Info) -> dict[str, int]:
    ctx = context_of(info)
    return {"score": ctx.complexity, "limit": ctx.complexity_limit}


def _echo(_root: None, info: Info, text: str) -> str:
    user = context_of(info).user
    return f'"{user.username}" says: {text}' if user else f"nil says: {text}"


FIELDS: dict[str, dict[str, Resolver]] = {
    "Query": {
        "currentUser": lambda _root, info: context_of(info).user,
        "echo": _echo,
        "metadata": lambda _root, info: {
            "version": context_of(info).world.server_version,
            "revision": "0000000",
            "enterprise": True,
        },
        "namespace": lambda _root, info, fullPath: _namespace(info, fullPath),
        "group": _group,
        "project": _project,
        "workItem": _work_item,
        "note": _note,
        "user": _user,
        "users": _users,
        "workItemsByReference": _by_reference,
        "queryComplexity": _complexity,
    }
}
