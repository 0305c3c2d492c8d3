"""Root queries."""

from psbot.sandbox.graphql_api import context
from psbot.sandbox.graphql_api.connections import Page, paginate
from psbot.sandbox.graphql_api.context import Info, Resolver, Value
from psbot.sandbox.rules import access
from psbot.sandbox.rules.references import referenced_items
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.model import Note, WorkItem
from psbot.sandbox.state.world import VERSION


def _namespace(info: Info, full_path: str) -> Namespace | None:
    asked = context.context_of(info)
    found = asked.world.namespace(full_path)
    return found if found and access.is_readable(asked.world, asked.user, found) else None


def _group(_root: None, info: Info, fullPath: str) -> Namespace | None:
    found = _namespace(info, fullPath)
    return found if found and found.is_group else None


def _project(_root: None, info: Info, fullPath: str) -> Namespace | None:
    found = _namespace(info, fullPath)
    return None if found is None or found.is_group else found


def _work_item(_root: None, info: Info, id: str) -> WorkItem:
    asked = context.context_of(info)
    item = asked.world.items.get(int(id))
    if item is None or not access.can_read(asked.world, asked.user, item):
        raise context.unavailable()
    return item


def _note(_root: None, info: Info, id: str) -> Note | None:
    asked = context.context_of(info)
    note = asked.world.notes.get(int(id)) if id.isdigit() else None
    if note is None or not access.can_read(asked.world, asked.user, note.item):
        return None
    return note if access.can_read_note(asked.world, asked.user, note) else None


def _user(_root: None, info: Info, id: str | None = None, username: str | None = None) -> User | None:
    world = context.context_of(info).world
    if username is not None:
        return world.user(username)
    return world.user_by_id(int(id)) if id is not None else None


def _users(_root: None, info: Info, **arguments: Value) -> Page:
    found = list(context.context_of(info).world.users.values())
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
    # GitLab lists users newest first unless told otherwise.
    return paginate(sorted(found, key=lambda user: -user.id), lambda user: user.id, arguments)


def _by_reference(_root: None, info: Info, refs: list[str], **arguments: Value) -> Page:
    asked = context.context_of(info)
    near = asked.world.namespace(arguments.get("contextNamespacePath") or "")
    any_place = near or next(iter(asked.world.namespaces.values()), None)
    found = list(referenced_items(asked.world, " ".join(refs), any_place)) if any_place else []
    seen = [item for item in dict.fromkeys(found) if access.can_read(asked.world, asked.user, item)]
    return paginate(seen, lambda item: item.id, arguments)


def _complexity(_root: None, info: Info) -> dict[str, int]:
    asked = context.context_of(info)
    return {"score": asked.complexity, "limit": asked.complexity_limit}


def _echo(_root: None, info: Info, text: str) -> str:
    user = context.context_of(info).user
    return f'"{user.username}" says: {text}' if user else f"nil says: {text}"


FIELDS: dict[str, dict[str, Resolver]] = {
    "Query": {
        "currentUser": lambda _root, info: context.context_of(info).user,
        "echo": _echo,
        "metadata": lambda _root, info: {
            "version": VERSION,
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
