"""Items that people request by command. The marker remembers the request: the same one creates no second item."""

import json
from collections.abc import Mapping
from dataclasses import replace

from psbot.core.desired.build import Renderer
from psbot.core.desired.schedule import Context, ScheduledItem, build_item
from psbot.core.desired.template_facts import build_template_facts
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import Kind
from psbot.core.records import ownership
from psbot.core.text import marker


def request_key(answers: Mapping[str, str]) -> str:
    """Return a key that identifies the request in a marker."""
    return marker.fingerprint(json.dumps(dict(answers), sort_keys=True))


def find_existing(kind: Kind, key: str, observed: Snapshot) -> Item | None:
    """Return the open item of *kind* that was created for the request *key*; None for none."""
    matching = [
        item
        for item in observed.by_key().values()
        if item.kind == kind.name and item.is_open and marker.request_key_of(item.marker) == key
    ]
    return min(matching, key=lambda item: item.iid or 0, default=None)


def new_item(
    scheduled: ScheduledItem,
    memory: Mapping[str, str],
    context: Context,
    templates: Renderer,
    extra_facts: Mapping[str, object],
) -> Item:
    """Return the item to create for *scheduled*: *memory* goes into its marker, *extra_facts* to its template."""
    kind, item = context.process.kinds[scheduled.kind], build_item(context, scheduled)
    text = templates.render(
        kind.template, {**build_template_facts(context), **extra_facts, "item": scheduled}
    )
    note = marker.Marker(context.engagement.key, scheduled.key, {**ownership.field_memory(item), **memory})
    return replace(item, description=marker.with_marker(text, note))
