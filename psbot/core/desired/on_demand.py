"""What somebody asks for on demand: the marker remembers it, so that one command, run twice, asks for it once."""

import json
from collections.abc import Mapping
from dataclasses import replace

from psbot.core.desired.build import Words
from psbot.core.desired.schedule import Draft, Situation, outlined
from psbot.core.desired.template_facts import facts
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import Kind
from psbot.core.records import ownership
from psbot.core.text import marker as markers


def identity(answers: Mapping[str, str]) -> str:
    """Return what tells apart what is asked for, fit to stand in a marker."""
    return markers.fingerprint(json.dumps(dict(answers), sort_keys=True))


def asked_already(kind: Kind, mark: str, observed: Snapshot) -> Item | None:
    """Return the open item of *kind* that was asked for by the same words; *mark* is their identity."""
    same = [
        item
        for item in observed.by_key().values()
        if item.kind == kind.name and item.is_open and markers.asked(item.marker) == mark
    ]
    return min(same, key=lambda item: item.iid or 0) if same else None


def asked_for(
    draft: Draft, memory: Mapping[str, str], situation: Situation, words: Words, known: Mapping[str, object]
) -> Item:
    """Return the item of *draft*; its marker gets *memory* of what was asked, *known* is for its template."""
    kind, item = situation.process.kinds[draft.kind], outlined(situation, draft)
    text = words.render(kind.template, {**facts(situation), **known, "item": draft})
    note = markers.Marker(situation.engagement.key, draft.key, {**ownership.memory(item), **memory})
    return replace(item, description=markers.write(text, note))
