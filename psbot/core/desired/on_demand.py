"""What somebody asks for on demand: the marker remembers it, so that one command, run twice, asks for it once."""

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
    """Return what tells apart what is asked for, fit to stand in a marker."""
    return marker.fingerprint(json.dumps(dict(answers), sort_keys=True))


def find_existing(kind: Kind, key: str, observed: Snapshot) -> Item | None:
    """Return the open item of *kind* that was asked for by the same words; *mark* is their identity."""
    same = [
        item
        for item in observed.by_key().values()
        if item.kind == kind.name and item.is_open and marker.request_key_of(item.marker) == key
    ]
    return min(same, key=lambda item: item.iid or 0) if same else None


def new_item(
    scheduled: ScheduledItem,
    memory: Mapping[str, str],
    context: Context,
    templates: Renderer,
    extra_facts: Mapping[str, object],
) -> Item:
    """Return the item of *draft*; its marker gets *memory* of what was asked, *known* is for its template."""
    kind, item = context.process.kinds[scheduled.kind], build_item(context, scheduled)
    text = templates.render(
        kind.template, {**build_template_facts(context), **extra_facts, "item": scheduled}
    )
    note = marker.Marker(context.engagement.key, scheduled.key, {**ownership.field_memory(item), **memory})
    return replace(item, description=marker.with_marker(text, note))
