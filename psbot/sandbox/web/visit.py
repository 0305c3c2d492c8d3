"""One page view: links keep the chosen user, and text shows only what that user may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import quote, urlencode, urlsplit

from markupsafe import Markup

from psbot.sandbox.rules import access, references
from psbot.sandbox.rules.markdown import Target, render_html, render_inline_html
from psbot.sandbox.state import urls
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.world import World

VIEWER = "as"
_TIME_UNITS = (("minute", 60), ("hour", 3600), ("day", 86400))


class PageNotFound(Exception):
    """The page does not exist, or the viewer may not see it; both look the same."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One page view: the world, the viewer (None: anonymous), the path and the other query parameters."""

    world: World
    viewer: User | None
    path: str = "/"
    query: Mapping[str, str] | None = None

    @property
    def now(self) -> datetime:
        """Return the current time of the instance."""
        return self.world.clock.now()

    def link(self, path: str, **query: str) -> str:
        """Return an address on this instance that keeps the viewer."""
        parts = urlsplit(path)
        parameters = {**query, VIEWER: self.viewer.username} if self.viewer else query
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        return f"{quote(parts.path)}{'?' if parameters else ''}{urlencode(parameters)}{anchor}"

    def this_page_as(self, viewer: User) -> str:
        """Return the address of this page for *viewer*."""
        return Visit(self.world, viewer).link(self.path, **(self.query or {}))

    def can_see(self, item: WorkItem) -> bool:
        """Tell whether the viewer may see *item*."""
        return access.can_read(self.world, self.viewer, item)

    def namespace(self, full_path: str, *, is_group: bool) -> Namespace:
        """Return a group or a project. Raises PageNotFound."""
        found = self.world.namespace(full_path)
        if found is None or found.is_group is not is_group:
            raise PageNotFound
        if not access.is_readable(self.world, self.viewer, found):
            raise PageNotFound
        return found

    def item(self, full_path: str, iid: int, *, is_group: bool) -> WorkItem:
        """Return an item of a group or a project. Raises PageNotFound."""
        found = self.world.item(self.namespace(full_path, is_group=is_group), iid)
        if found is None or not self.can_see(found):
            raise PageNotFound
        return found

    def render_text(self, markdown: str, context: Namespace) -> Markup:
        """Return Markdown that was written in *context* as HTML."""
        return Markup(render_html(markdown, partial(self._resolve, context)))  # noqa: S704 (cleaned)

    def render_line(self, markdown: str, context: Namespace) -> Markup:
        """Return one line of Markdown that was written in *context* as HTML."""
        return Markup(render_inline_html(markdown, partial(self._resolve, context)))  # noqa: S704 (cleaned)

    def _resolve(self, context: Namespace, word: str) -> Target | None:
        if word.startswith(f"{self.world.url}/"):
            return self._target_of_url(context, word)
        if word.startswith("@"):
            user = self.world.user(word[1:])
            return Target(self.link(f"/{user.username}"), word) if user else None
        match = references.REFERENCE.fullmatch(word)
        item = references.find_item_by_reference(self.world, context, match) if match else None
        return Target(self.link(urls.item_path(item)), word) if item and self.can_see(item) else None

    def _target_of_url(self, context: Namespace, address: str) -> Target:
        """Return a link within this instance; the text of a link to an item is its reference, as in GitLab."""
        parts = urlsplit(address)
        href = self.link(f"{parts.path}#{parts.fragment}" if parts.fragment else parts.path)
        match = references.ITEM_URL.fullmatch(address)
        item = references.find_item_by_url(self.world, match) if match else None
        return Target(
            href, references.relative_reference(item, context) if item and self.can_see(item) else address
        )


def relative_time(then: datetime, now: datetime) -> str:
    """Return *then* relative to *now*: ``3 hours ago`` or ``in 3 hours``."""
    seconds = (now - then).total_seconds()
    amount = abs(seconds)
    if amount < _TIME_UNITS[0][1]:
        return "just now"
    name, length = next(step for step in reversed(_TIME_UNITS) if amount >= step[1])
    count = int(amount // length)
    text = f"{count} {name}{'' if count == 1 else 's'}"
    return f"{text} ago" if seconds > 0 else f"in {text}"
