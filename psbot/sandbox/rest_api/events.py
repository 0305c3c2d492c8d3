"""Handlers for resource events of issues and epics: labels, states, milestones, weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from psbot.sandbox.rest_api.call import Call, RestResponse
from psbot.sandbox.rest_api.entities import Entity, format_timestamp, milestone_entity, user_entity
from psbot.sandbox.rest_api.paging import paginate
from psbot.sandbox.rules.refusals import NotFound
from psbot.sandbox.state.accounts import User
from psbot.sandbox.state.events import LabelEvent, MilestoneEvent, StateEvent, WeightEvent
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.world import World


class Numbered(Protocol):
    """An event with an ID."""

    @property
    def id(self) -> int:
        """Return the ID."""


_Event = TypeVar("_Event", bound=Numbered)
Find = Callable[[Call], WorkItem]


@dataclass(frozen=True, slots=True)
class EventRoutes(Generic[_Event]):
    """Handlers for one kind of event: how to get an item's events, and how to show one."""

    events_of: Callable[[WorkItem], Sequence[_Event]]
    show: Callable[[World, WorkItem, _Event], Any]

    def list_events(self, call: Call, find: Find) -> RestResponse:
        """Return the events of an item, the oldest first."""
        item = find(call)
        return paginate(call, self.events_of(item), lambda event: self.show(call.world, item, event))

    def get_event(self, call: Call, find: Find) -> object:
        """Return one event."""
        item = find(call)
        event = next(
            (each for each in self.events_of(item) if str(each.id) == call.path_parameters["event_id"]), None
        )
        if event is None:
            raise NotFound("404 Not found")
        return self.show(call.world, item, event)


def _label_event_entity(world: World, item: WorkItem, event: LabelEvent) -> Entity:
    """Return a label event; a label that has been deleted since is null."""
    label = world.labels.get(event.label.id)
    return {
        **_event_fields(world, item, event.id, event.user, event.created_at),
        "action": event.action,
        "label": label
        and {"id": label.id, "name": label.title, "color": label.color, "description": label.description},
    }


def _state_event_entity(world: World, item: WorkItem, event: StateEvent) -> Entity:
    """Return a state event."""
    return {**_event_fields(world, item, event.id, event.user, event.created_at), "state": event.state}


def _milestone_event_entity(world: World, item: WorkItem, event: MilestoneEvent) -> Entity:
    """Return a milestone event; a milestone that has been deleted since is null."""
    milestone = world.milestones.get(event.milestone.id)
    return {
        **_event_fields(world, item, event.id, event.user, event.created_at),
        "action": event.action,
        "milestone": milestone and milestone_entity(world, milestone),
    }


def _weight_event_entity(world: World, item: WorkItem, event: WeightEvent) -> Entity:
    """Return a weight event."""
    return {
        "id": event.id,
        "user": user_entity(world, event.user),
        "created_at": format_timestamp(event.created_at),
        "issue_id": item.id,
        "weight": event.weight,
    }


def _event_fields(world: World, item: WorkItem, number: int, user: User, at: datetime) -> Entity:
    return {
        "id": number,
        "user": user_entity(world, user),
        "created_at": format_timestamp(at),
        "resource_type": "Epic" if item.is_epic else "Issue",
        "resource_id": item.legacy_id if item.is_epic else item.id,
    }


Sort = EventRoutes[Any]

LABELS = EventRoutes(lambda item: item.label_events, _label_event_entity)
STATES = EventRoutes(lambda item: item.state_events, _state_event_entity)
MILESTONES = EventRoutes(lambda item: item.milestone_events, _milestone_event_entity)
WEIGHTS = EventRoutes(lambda item: item.weight_events, _weight_event_entity)
