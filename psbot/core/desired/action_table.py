"""What follows from a post-mortem: the rows of its table of actions become items with owner and date, once.

The marker of an item remembers the words of its row. A row that people reword stays that item's, as long as the item is
open and the words are much the same.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from urllib.parse import quote, unquote

from psbot.core.model.item import Item
from psbot.core.model.process import ActionTable, Process
from psbot.core.text.escape import one_line, unescape
from psbot.core.text.form import lines_below
from psbot.core.text.marker import REQUEST_KEY, fingerprint, human_text, request_key_of

_WORDING = "wording"  # what a marker remembers the words of a row by
_CELL_SEPARATOR = re.compile(r"(?<!\\)\|")
_HEADER_RULE = re.compile(r":?-+:?")
_MAX_ROWS = 50
_MAX_CELL_LENGTH = 300  # characters of a cell
_REMEMBERED_LENGTH = 80  # of these a marker remembers
_MIN_SIMILARITY = 0.6  # of two wordings, from which on they are taken for the same action


@dataclass(frozen=True, slots=True)
class Action:
    """An action as its template sees it: what is to be done, and where that was found."""

    what: str = ""
    source: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One row of the table: what is to be done, by whom and until when, and the item that people have named there.

    ``owner`` and ``due`` are as they were written; ``copy`` counts rows of the same words.
    """

    what: str
    item: str = ""
    due: str = ""
    owner: str = ""
    copy: int = 1

    @property
    def due_on(self) -> date | None:
        """Return the day, None where it cannot be read."""
        try:
            return date.fromisoformat(self.due)
        except ValueError:
            return None

    @property
    def username(self) -> str:
        """Return the owner without the sign of a mention."""
        return self.owner.removeprefix("@")

    @property
    def memory(self) -> Mapping[str, str]:
        """Return what the marker of its item remembers of it."""
        return {REQUEST_KEY: self.key, _WORDING: quote(self.what[:_REMEMBERED_LENGTH], safe="")}

    @property
    def key(self) -> str:
        """Return what tells the row apart, fit to stand in a marker."""
        return fingerprint(self.what if self.copy == 1 else f"{self.what} ({self.copy})")


def parse_rows(description: str, table: ActionTable) -> tuple[ActionRow, ...]:
    """Return the filled rows of the table below the heading, by its heads; code blocks and comments do not count."""
    heads: list[str] | None = None
    names = {getattr(table, name).casefold(): name for name in ("what", "item", "due", "owner")}
    found: list[ActionRow] = []
    copies: Counter[str] = Counter()
    for line in lines_below(human_text(description), table.below):
        if not _CELL_SEPARATOR.search(line):
            heads = None
            continue
        cells = [
            unescape(cell.replace("\\|", "|"))[:_MAX_CELL_LENGTH]
            for cell in _CELL_SEPARATOR.split(_strip_outer_bars(line))
        ]
        if heads is None:
            heads = [names.get(cell.casefold(), "") for cell in cells]
        elif not all(_HEADER_RULE.fullmatch(cell) for cell in cells):
            row = {name: cell for name, cell in zip(heads, cells, strict=False) if name}
            if row.get("what"):
                copies[row["what"]] += 1
                found.append(ActionRow(**row, copy=copies[row["what"]]))
    return tuple(found[:_MAX_ROWS])


def _strip_outer_bars(line: str) -> str:
    """Return a row without the bars at its ends, which Markdown does not ask for."""
    line = line.strip().removeprefix("|")
    return line[:-1] if line.endswith("|") and not line.endswith("\\|") else line


@dataclass(frozen=True, slots=True)
class MatchedRow:
    """A row and the item that it is, if there is one."""

    row: ActionRow
    item: Item | None


def match_rows(rows: Sequence[ActionRow], items: Iterable[Item]) -> tuple[MatchedRow, ...]:
    """Return rows with their items: by the words that the marker remembers, else by the nearest ones of open items."""
    free = sorted(
        (item for item in items if request_key_of(item.marker)), key=lambda item: (len(item.key), item.key)
    )
    by_mark = {str(request_key_of(item.marker)): item for item in reversed(free)}
    exact = {row.key: by_mark[row.key] for row in rows if row.key in by_mark}
    free = [item for item in free if item not in exact.values()]
    result = []
    for row in rows:
        item = exact.get(row.key) or _most_similar(row, free)
        if item in free:
            free.remove(item)
        result.append(MatchedRow(row, item))
    return tuple(result)


def _most_similar(row: ActionRow, unmatched: Sequence[Item]) -> Item | None:
    opened = [item for item in unmatched if item.is_open]
    best = max(opened, key=lambda item: _similarity(row, item), default=None)
    return best if best is not None and _similarity(row, best) >= _MIN_SIMILARITY else None


def _similarity(row: ActionRow, item: Item) -> float:
    known = item.marker.memory.get(_WORDING) if item.marker else None
    words_before = unquote(known) if known else item.title
    return SequenceMatcher(None, row.what[:_REMEMBERED_LENGTH], words_before[:_REMEMBERED_LENGTH]).ratio()


def missing_in_row(row: ActionRow, people: Iterable[str]) -> Iterator[str]:
    """Yield what keeps *row* from becoming an item."""
    if not row.owner:
        yield "it names no owner"
    elif row.username not in people:
        yield f"its owner {one_line(row.owner)} is not in people:"
    if not row.due:
        yield "it has no due date"
    elif row.due_on is None:
        yield f"its due date {one_line(row.due)} is not a day, such as 2027-04-09"


def action_tables(observed_items: Mapping[str, Item], process: Process) -> Iterator[tuple[Item, ActionTable]]:
    """Yield the items in whose tables actions stand."""
    for kind in process.kinds.values():
        if kind.acts and (item := observed_items.get(kind.item)):
            yield item, kind.acts
