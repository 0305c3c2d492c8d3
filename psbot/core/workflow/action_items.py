"""Rows of a post-mortem's table of actions → items, each once, linked to where they come from."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from psbot.core.desired.action_table import Action, Row, lacking, matched, rows, telling
from psbot.core.desired.build import Words
from psbot.core.desired.on_demand import asked_for
from psbot.core.desired.schedule import Situation, on_demand
from psbot.core.model.engagement import people
from psbot.core.model.item import Item
from psbot.core.model.operations import CreateChild, Operation, Redescribe
from psbot.core.model.process import Process, lowest_free
from psbot.core.text import escape as inert
from psbot.core.text import marker as markers
from psbot.core.workflow.progress import Progress

LACKING = "action-incomplete"  # the finding of rows that cannot become items


def followed(progress: Progress) -> Progress:
    """Return the progress with a finding for rows of actions that name no owner or no day."""
    facts = progress.facts
    for item, acts in telling(facts.observed.by_key(), facts.process):
        said = [
            f"{inert.one_line(row.what)!r}: {' and '.join(reasons)}"
            for row in rows(item.description, acts)
            if not row.item and (reasons := list(lacking(row, people(facts.engagement))))
        ]
        if said:
            message = f"{item.key} has actions that cannot become issues: {'; '.join(said)}"
            progress = progress.finding(LACKING, message, item)
    return progress


def followups(situation: Situation, found: Mapping[str, Item], words: Words) -> Iterator[Operation]:
    """Yield what makes items of the rows, and what lets their markers follow words that people have changed."""
    known = people(situation.engagement)
    for source, acts in telling(found, situation.process):
        kind = situation.process.kinds[acts.kind]
        keys = set(found)
        told = rows(source.description, acts)
        items = [item for item in found.values() if item.kind == kind.name]
        for each in matched(told, items):
            if each.item is not None:
                yield from _reworded(each.item, each.row)
            elif not each.row.item and not list(lacking(each.row, known)):
                number = lowest_free(kind, keys)
                keys.add(f"{kind.item}/{number}")
                item = _made(each.row, number, source, situation, words, acts.kind)
                yield CreateChild(item, f"{source.key} names it as an action", linked=(source,))


def _reworded(item: Item, row: Row) -> Iterator[Redescribe]:
    if item.is_open and item.marker and markers.asked(item.marker) != row.mark:
        yield Redescribe(item, reason="people have reworded the action", memory=row.memory)


def _made(  # noqa: PLR0917  what an item is made from, in the order it is found
    row: Row, number: int, source: Item, situation: Situation, words: Words, kind: str
) -> Item:
    process: Process = situation.process
    draft = on_demand(process.kinds[kind], situation, number, situation.today)
    draft = replace(draft, title=inert.title(row.what), due_on=row.due_on, assignee=row.username)
    action = Action(row.what, source.title, source.url)
    return asked_for(draft, row.memory, situation, words, {"action": action})
