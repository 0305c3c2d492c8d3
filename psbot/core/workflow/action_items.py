"""Turns the rows of a post-mortem's action table into items, each once, linked to the post-mortem."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from psbot.core.desired.action_table import (
    Action,
    ActionRow,
    action_tables,
    match_rows,
    missing_in_row,
    parse_rows,
)
from psbot.core.desired.build import Renderer
from psbot.core.desired.on_demand import new_item
from psbot.core.desired.schedule import Context, schedule_on_demand
from psbot.core.model.item import Item
from psbot.core.model.operations import CreateChild, Operation, Redescribe
from psbot.core.model.process import Process, lowest_free_number
from psbot.core.text import escape, marker
from psbot.core.workflow.progress import Progress

ACTION_INCOMPLETE = "action-incomplete"  # the finding for rows that cannot become items


def check_action_items(progress: Progress) -> Progress:
    """Report rows of action tables that have no owner or no due date."""
    facts = progress.facts
    for item, table in action_tables(facts.observed.by_key(), facts.process):
        problems = [
            f"{escape.one_line(row.what)!r}: {' and '.join(reasons)}"
            for row in parse_rows(item.description, table)
            if not row.item and (reasons := list(missing_in_row(row, facts.engagement.people)))
        ]
        if problems:
            message = f"{item.key} has actions that cannot become issues: {'; '.join(problems)}"
            progress = progress.with_finding(ACTION_INCOMPLETE, message, item)
    return progress


def create_action_items(
    context: Context, observed: Mapping[str, Item], templates: Renderer
) -> Iterator[Operation]:
    """Yield the creation of an item for each new row, and marker updates for rows that were reworded."""
    usernames = context.engagement.people
    for source, table in action_tables(observed, context.process):
        kind = context.process.kinds[table.kind]
        keys = set(observed)
        items = [item for item in observed.values() if item.kind == kind.name]
        for each in match_rows(parse_rows(source.description, table), items):
            if each.item is not None:
                yield from _update_reworded(each.item, each.row)
            elif not each.row.item and not list(missing_in_row(each.row, usernames)):
                number = lowest_free_number(kind, keys)
                keys.add(f"{kind.item}/{number}")
                item = _new_action_item(each.row, number, source, context, templates, table.kind)
                yield CreateChild(item, f"listed as an action in {source.key}", linked=(source,))


def _update_reworded(item: Item, row: ActionRow) -> Iterator[Redescribe]:
    if item.is_open and item.marker and marker.request_key_of(item.marker) != row.key:
        yield Redescribe(item, reason="the action was reworded", memory=row.memory)


def _new_action_item(  # noqa: PLR0917  what an item is created from, in the order it is found
    row: ActionRow, number: int, source: Item, context: Context, templates: Renderer, kind: str
) -> Item:
    process: Process = context.process
    scheduled = schedule_on_demand(process.kinds[kind], context, number, context.today)
    scheduled = replace(scheduled, title=escape.to_title(row.what), due_on=row.due_on, assignee=row.username)
    action = Action(row.what, source.title, source.url)
    return new_item(scheduled, row.memory, context, templates, {"action": action})
