"""GitLab's limit on creating issues: so many a minute in one project by one account; epics share one count.

GitLab, app/services/issues/create_service.rb@800235cc (rate_limit key: :issues_create) and
app/controllers/graphql_controller.rb@41946e65 (429 without Retry-After; before 19.x it was 500): the whole answer is
lost, although earlier writes of the same document are carried out.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from psbot.sandbox.rules.refusals import Refusal
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.world import World

WINDOW = timedelta(minutes=1)


class TooManyCreations(Refusal):
    """The limit is reached; ``graphql_status`` is the status of a GraphQL answer."""

    status = 429

    def __init__(self, graphql_status: int) -> None:
        super().__init__("This endpoint has been requested too many times. Try again later.")
        self.graphql_status = graphql_status

    @property
    def graphql_message(self) -> str:
        """Return the message of a GraphQL answer."""
        return self.message if self.graphql_status == self.status else "Internal server error"


@dataclass(slots=True)
class _Limit:
    per_minute: int
    graphql_status: int
    counts: dict[tuple[int, int], tuple[datetime, int]] = field(default_factory=dict)


_limits: "WeakKeyDictionary[World, _Limit]" = WeakKeyDictionary()


def limit_creations(world: World, per_minute: int, graphql_status: int = 429) -> None:
    """Let *world* refuse more than *per_minute* creations; a new instance of GitLab has no limit."""
    _limits[world] = _Limit(per_minute, graphql_status)


def count_creation(world: World, user: User, namespace: Namespace) -> None:
    """Count one creation; raises TooManyCreations."""
    limit = _limits.get(world)
    if limit is None:
        return
    key = (user.id, 0 if namespace.is_group else namespace.namespace_id)
    now = world.clock.now()
    began, count = limit.counts.get(key, (now, 0))
    if now - began >= WINDOW:
        began, count = now, 0
    limit.counts[key] = (began, count + 1)
    if count >= limit.per_minute:
        raise TooManyCreations(limit.graphql_status)
