"""Mentions and references in text, and what they cause: notifications, and notes on the items referred to."""

import re
from collections.abc import Iterable, Iterator

from psbot.sandbox.rules.access import can_read, max_access_level
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.model import Note, Notification, WorkItem
from psbot.sandbox.state.world import World

_CODE = re.compile(
    r"^(?P<fence>`{3,}|~{3,}).*?(?:^(?P=fence)|\Z)|`[^`\n]+`|<!--.*?-->", re.MULTILINE | re.DOTALL
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
# Escaped with a backslash, these are no part of a reference; other escaped characters are joined with the text around
# them (lib/banzai/filter/escaped_char_filter.rb at 6e7061f5).
ESCAPABLE = frozenset("$%#&@!~^")
MENTION = re.compile(r"(?<![\w@/.`-])@(?P<name>\w(?:[\w./-]*\w)?)")
REFERENCE = re.compile(r"(?<![\w&#/;])(?P<path>\w[\w./-]*)?(?P<sign>[#&])(?P<iid>\d+)(?![\w;])")
ITEM_URL = re.compile(
    r"https?://[^\s)>\]]*?/(?:groups/)?(?P<path>[\w./-]+?)/-/(?P<kind>issues|work_items|epics)/(?P<iid>\d+)"
)


def _without_code(text: str) -> str:
    """Return *text* as the rules for references see it: without code, and divided at escaped special characters."""
    return _ESCAPED.sub(_read_escape, _CODE.sub(" ", text))


def _read_escape(match: re.Match[str]) -> str:
    return " " if match[1] in ESCAPABLE else match[1]


def mentioned_names(text: str) -> set[str]:
    """Return the names after ``@`` in *text*, in lower case; code and comments do not count."""
    return (
        {match["name"].lower() for match in MENTION.finditer(_without_code(text))} if "@" in text else set()
    )


def mentioned_users(world: World, item: WorkItem, names: Iterable[str]) -> set[User]:
    """Return the users that *names* mention on *item*; ``all`` and group paths mention all members."""
    found: set[User] = set()
    for name in names:
        user = world.user(name)
        group = world.namespace(name)
        if name == "all":
            found |= members_of(world, item.namespace)
        elif user:
            found.add(user)
        elif group and group.is_group:
            found |= members_of(world, group)
    return {user for user in found if can_read(world, user, item)}


def members_of(world: World, namespace: Namespace) -> set[User]:
    """Return all members of *namespace*, direct and inherited."""
    return {
        user
        for user in world.users.values()
        if not user.is_admin and max_access_level(world, user, namespace)
    }


def notify(world: World, users: Iterable[User], reason: str, item: WorkItem, actor: User) -> None:
    """Record notifications; the actor and bots get none."""
    for user in sorted(set(users), key=lambda user: user.id):
        if user is not actor and not user.is_bot:
            world.notifications.append(
                Notification(
                    user.username, reason, item.reference, item.title, actor.username, world.clock.now()
                )
            )


def referenced_items(world: World, text: str, context: Namespace) -> Iterator[WorkItem]:
    """Yield the items that *text*, written in *context*, refers to."""
    if not ("#" in text or "&" in text or "/-/" in text):
        return
    plain = _without_code(text)
    for match in REFERENCE.finditer(plain):
        item = find_item_by_reference(world, context, match)
        if item:
            yield item
    for match in ITEM_URL.finditer(plain):
        item = find_item_by_url(world, match)
        if item:
            yield item


def find_item_by_url(world: World, match: re.Match[str]) -> WorkItem | None:
    """Return the item that a match of ITEM_URL refers to."""
    namespace = world.namespace(match["path"])
    return world.item(namespace, int(match["iid"])) if namespace else None


def find_item_by_reference(world: World, context: Namespace, match: re.Match[str]) -> WorkItem | None:
    """Return the item that a match of REFERENCE, written in *context*, refers to."""
    path, is_epic = match["path"], match["sign"] == "&"
    namespaces = [ns for ns in context.self_and_ancestors if ns.is_group is is_epic][:1]
    if path:
        sibling = f"{context.parent.full_path}/{path}" if context.parent else path
        namespaces = [ns for ns in (world.namespace(path), world.namespace(sibling)) if ns]
    items = (world.item(namespace, int(match["iid"])) for namespace in namespaces)
    return next((item for item in items if item and item.is_epic is is_epic), None)


def relative_reference(item: WorkItem, context: Namespace) -> str:
    """Return the shortest reference to *item* from *context*."""
    sign = "&" if item.is_epic else "#"
    if item.namespace is context:
        return f"{sign}{item.iid}"
    same_parent = item.namespace.parent is not None and item.namespace.parent is context.parent
    path = item.namespace.path if same_parent and not item.namespace.is_group else item.namespace.full_path
    return f"{path}{sign}{item.iid}"


def add_cross_references(world: World, author: User, source: WorkItem, text: str) -> None:
    """Add a note to every item that *text* of *source* refers to, once per item."""
    for target in dict.fromkeys(referenced_items(world, text, source.namespace)):
        is_known = any(note.mentions is source and note.action == "cross_reference" for note in target.notes)
        if target is source or is_known:
            continue
        if not can_read(world, author, target):
            continue
        kind = "epic" if source.is_epic else source.type.value.lower()
        add_system_note(
            world,
            target,
            author,
            f"mentioned in {kind} {relative_reference(source, target.namespace)}",
            "cross_reference",
            mentions=source,
        )


def add_system_note(
    world: World,
    item: WorkItem,
    author: User,
    body: str,
    action: str,
    *,
    is_synthetic: bool = False,
    mentions: WorkItem | None = None,
) -> Note:
    """Write a system note."""
    at = world.clock.now()
    return world.add_note(
        Note(
            id=world.next_id("note"),
            discussion_id=world.discussion_id(),
            item=item,
            author=author,
            body=body,
            created_at=at,
            updated_at=at,
            is_system=True,
            is_synthetic=is_synthetic,
            action=action,
            mentions=mentions,
        )
    )


def add_todo(world: World, user: User, item: WorkItem) -> None:
    """Add *item* to the user's own to-do list."""
    world.notifications.append(
        Notification(user.username, "todo", item.reference, item.title, user.username, world.clock.now())
    )
