"""The whole state of one GitLab instance; everything is found by ID, path or name."""

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from psbot.sandbox.state.accounts import AccessLevel, Edition, Membership, Namespace, Token, User, UserKind
from psbot.sandbox.state.answers import AnswerCache
from psbot.sandbox.state.clock import Clock
from psbot.sandbox.state.labels import Label, Milestone
from psbot.sandbox.state.model import GROUP_TYPES, PROJECT_TYPES, ItemType, Link, Note, Notification, WorkItem
from psbot.sandbox.state.project import Branch, CiVariable, MergeRequest, PipelineSchedule, default_branches

VERSION = "19.5.0-ee"


@dataclass(eq=False)
class World:
    """Users, namespaces, labels and items of one instance.

    ``version`` grows with every write and ``state`` gets a new identity; values computed from the state are valid
    until then. Code that changes the world without :meth:`record_write` must call :meth:`invalidate`.
    """

    clock: Clock
    edition: Edition = Edition.ULTIMATE
    url: str = "http://127.0.0.1"
    server_version: str = VERSION
    users: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    namespaces: dict[str, Namespace] = field(default_factory=dict)
    memberships: dict[tuple[int, int], Membership] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)
    milestones: dict[int, Milestone] = field(default_factory=dict)
    items: dict[int, WorkItem] = field(default_factory=dict)
    notes: dict[int, Note] = field(default_factory=dict)
    links: dict[int, Link] = field(default_factory=dict)
    notifications: list[Notification] = field(default_factory=list)
    merge_requests: dict[int, MergeRequest] = field(default_factory=dict)
    variables_of: dict[int, list[CiVariable]] = field(default_factory=lambda: defaultdict(list))
    branches_of: dict[int, list[Branch]] = field(default_factory=lambda: defaultdict(default_branches))
    schedules_of: dict[int, list[PipelineSchedule]] = field(default_factory=lambda: defaultdict(list))
    is_in_maintenance: bool = False
    version: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    counters: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    labels_of: dict[int, dict[str, Label]] = field(default_factory=lambda: defaultdict(dict), repr=False)
    items_of: dict[int, dict[int, WorkItem]] = field(default_factory=lambda: defaultdict(dict), repr=False)
    items_by_label: dict[int, dict[int, WorkItem]] = field(
        default_factory=lambda: defaultdict(dict), repr=False
    )
    children_of: dict[int, list[Namespace]] = field(default_factory=lambda: defaultdict(list), repr=False)
    cache: dict[object, object] = field(default_factory=dict, repr=False)
    state: object = field(default_factory=object, repr=False)
    answers: AnswerCache = field(default_factory=AnswerCache, repr=False)

    @property
    def has_epics(self) -> bool:
        """Tell whether the edition has epics, scoped labels and several assignees."""
        return self.edition is not Edition.FREE

    def next_id(self, kind: str) -> int:
        """Return the next ID of the sequence *kind*."""
        self.counters[kind] += 1
        return self.counters[kind]

    def record_write(self) -> datetime:
        """Record a write and return its time."""
        self.version += 1
        self.invalidate()
        return self.clock.tick()

    def invalidate(self) -> None:
        """Drop everything that was computed from the previous state."""
        self.cache.clear()
        self.state = object()

    @property
    def read_conditions(self) -> tuple[object, ...]:
        """Return what answers depend on besides the state and the user."""
        return self.url, self.clock.now(), self.edition, self.is_in_maintenance, self.server_version

    def __getstate__(self) -> dict[str, object]:
        """Return what a snapshot contains: everything except the lock and what can be computed again."""
        transient = ("lock", "cache", "state", "answers")
        return {name: value for name, value in vars(self).items() if name not in transient}

    def __setstate__(self, kept: dict[str, object]) -> None:
        vars(self).update(kept)
        self.lock = threading.RLock()
        self.cache = {}
        self.state = object()
        self.answers = AnswerCache()

    # users

    def add_user(
        self, username: str, name: str, kind: UserKind = UserKind.HUMAN, *, is_admin: bool = False
    ) -> User:
        """Add an account."""
        user = User(self.next_id("user"), username, name, kind, is_admin=is_admin)
        self.users[username.lower()] = user
        self.version += 1
        self.invalidate()
        return user

    def add_token(
        self, value: str, user: User, scopes: Iterable[str] = ("api",), expires_on: date | None = None
    ) -> Token:
        """Add an access token with the value *value*."""
        token = Token(
            self.next_id("token"), value, user, "sandbox", frozenset(scopes), self.clock.now(), expires_on
        )
        self.tokens[value] = token
        self.invalidate()
        return token

    def user(self, username: str) -> User | None:
        """Return the account of that name; case does not matter."""
        return self.users.get(username.lower())

    def user_by_id(self, number: int) -> User | None:
        """Return the account of that ID."""
        return next((user for user in self.users.values() if user.id == number), None)

    # namespaces

    def add_namespace(
        self,
        path: str,
        *,
        is_group: bool,
        name: str | None = None,
        parent: Namespace | None = None,
        visibility: str = "private",
        description: str = "",
    ) -> Namespace:
        """Add a group or a project called *path* below *parent*."""
        full_path = f"{parent.full_path}/{path}" if parent else path
        number = self.next_id("group" if is_group else "project")
        namespace = Namespace(
            id=number,
            namespace_id=self.next_id("namespace"),
            is_group=is_group,
            path=path,
            name=name or path,
            parent=parent,
            created_at=self.record_write(),
            visibility=visibility,
            description=description,
            full_path=full_path,
        )
        self.namespaces[full_path.lower()] = namespace
        if parent:
            self.children_of[parent.namespace_id].append(namespace)
        return namespace

    def ensure_namespace(self, full_path: str, *, is_group: bool, visibility: str = "private") -> Namespace:
        """Return the namespace at *full_path*; create it and its ancestors if they are missing."""
        found = self.namespaces.get(full_path.lower())
        if found:
            return found
        above, _, path = full_path.rpartition("/")
        parent = self.ensure_namespace(above, is_group=True, visibility=visibility) if above else None
        return self.add_namespace(path, is_group=is_group, parent=parent, visibility=visibility)

    def remove_namespace(self, namespace: Namespace) -> None:
        """Remove a namespace with everything below it."""
        for below in list(self.children_of[namespace.namespace_id]):
            self.remove_namespace(below)
        for item in list(self.items_of[namespace.namespace_id].values()):
            self.remove_item(item)
        for label in list(self.labels_of[namespace.namespace_id].values()):
            self.remove_label(label)
        if namespace.parent:
            self.children_of[namespace.parent.namespace_id].remove(namespace)
        del self.namespaces[namespace.full_path.lower()]
        for other in self.namespaces.values():
            other.shares[:] = [share for share in other.shares if share.group is not namespace]
        for key in [key for key in self.memberships if key[0] == namespace.namespace_id]:
            del self.memberships[key]
        self.record_write()

    def namespace(self, full_path: str) -> Namespace | None:
        """Return the group or project at *full_path*; case does not matter."""
        return self.namespaces.get(full_path.lower())

    def namespace_by_id(self, number: int, *, is_group: bool) -> Namespace | None:
        """Return the group or the project with that ID."""
        matches = (ns for ns in self.namespaces.values() if ns.is_group is is_group and ns.id == number)
        return next(matches, None)

    def subtree(self, namespace: Namespace) -> Iterator[Namespace]:
        """Yield *namespace* and everything below it."""
        yield namespace
        for below in self.children_of[namespace.namespace_id]:
            yield from self.subtree(below)

    def add_member(self, namespace: Namespace, user: User, access_level: AccessLevel) -> Membership:
        """Add *user* as a direct member, or change the access level."""
        key = (namespace.namespace_id, user.id)
        known = self.memberships.get(key)
        number = known.id if known else self.next_id("member")
        self.memberships[key] = Membership(number, user, namespace, access_level, self.record_write())
        return self.memberships[key]

    # labels

    def add_label(
        self, namespace: Namespace, title: str, color: str = "#6699cc", description: str | None = None
    ) -> Label:
        """Add a label to *namespace* without checks."""
        at = self.record_write()
        label = Label(self.next_id("label"), namespace, title, color, at, at, description)
        self.labels[label.id] = label
        self.labels_of[namespace.namespace_id][title] = label
        return label

    def remove_label(self, label: Label) -> None:
        """Delete a label, also from all items."""
        for item in self.items_by_label.pop(label.id, {}).values():
            item.labels.remove(label)
        del self.labels[label.id]
        del self.labels_of[label.namespace.namespace_id][label.title]
        self.record_write()

    def find_label(self, namespace: Namespace, title: str) -> Label | None:
        """Return the label *title* of *namespace* or, failing that, of its nearest ancestor that has it."""
        owners = (self.labels_of[ns.namespace_id].get(title) for ns in namespace.self_and_ancestors)
        return next((label for label in owners if label), None)

    def labels_with_title(self, title: str) -> list[Label]:
        """Return all labels with that title, in any namespace."""
        found = (titles.get(title) for titles in self.labels_of.values())
        return [label for label in found if label]

    # items

    def add_item(self, item: WorkItem) -> WorkItem:
        """Add *item* to the indexes."""
        self.items[item.id] = item
        self.items_of[item.namespace.namespace_id][item.iid] = item
        for label in item.labels:
            self.items_by_label[label.id][item.id] = item
        return item

    def remove_item(self, item: WorkItem) -> None:
        """Delete an item with its notes and links; its children have no parent then."""
        for label in item.labels:
            self.items_by_label[label.id].pop(item.id, None)
        for child in item.children:
            child.parent = None
        if item.parent:
            item.parent.children.remove(item)
        for link in list(item.links):
            self.remove_link(link)
        for note in item.notes:
            self.notes.pop(note.id, None)
        del self.items[item.id]
        del self.items_of[item.namespace.namespace_id][item.iid]
        self.record_write()

    def attach_label(self, item: WorkItem, label: Label) -> None:
        """Attach a label and index it."""
        item.labels.append(label)
        self.items_by_label[label.id][item.id] = item

    def detach_label(self, item: WorkItem, label: Label) -> None:
        """Detach a label."""
        item.labels.remove(label)
        self.items_by_label[label.id].pop(item.id, None)

    def remove_link(self, link: Link) -> None:
        """Remove a link from both ends."""
        link.source.links.remove(link)
        link.target.links.remove(link)
        self.links.pop(link.id, None)

    def item(self, namespace: Namespace, iid: int) -> WorkItem | None:
        """Return the item with that number in *namespace*."""
        return self.items_of[namespace.namespace_id].get(iid)

    def add_note(self, note: Note) -> Note:
        """Add *note* to the indexes."""
        self.notes[note.id] = note
        note.item.notes.append(note)
        return note

    def discussion_id(self, *parts: object) -> str:
        """Return a new discussion ID, or the one derived from *parts*."""
        text = "-".join(map(str, parts)) if parts else f"discussion-{self.next_id('discussion')}"
        return hashlib.sha256(text.encode()).hexdigest()[:40]

    def types_of(self, namespace: Namespace) -> dict[ItemType, int]:
        """Return the work item types of *namespace* with their IDs.

        The list does not depend on the licence or on the project's settings: an unlicensed Enterprise Edition lists
        epics too (GitLab, app/finders/work_items/types_finder.rb of 18.1 to 19.1).
        """
        return GROUP_TYPES if namespace.is_group else PROJECT_TYPES
