"""The table of actions in a post-mortem: each row becomes an item with owner and due date, once.

The marker of the item remembers the text of its row. If people reword a row, it still belongs to its item, as long as
the item is open and the text is similar.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from urllib.parse import quote, unquote

from psbot.core.model.item import Item
from psbot.core.model.process import ActionTable, Process
from psbot.core.text.escape import one_line, unescape
from psbot.core.text.form import lines_below
from psbot.core.text.marker import REQUEST_KEY, fingerprint, human_text, request_key_of

_WORDING = "wording"  # the marker key for the text of a row
_CELL_SEPARATOR = re.compile(r"(?<!\\)\|")
_FORMERLY_ESCAPED = re.compile(r"\\([\\`*_\[\]|~])")
_HEADER_RULE = re.compile(r":?-+:?")
_MAX_ROWS = 50
_MAX_CELL_LENGTH = 300  # characters of a cell
_REMEMBERED_LENGTH = 80  # characters of the text that a marker remembers
_MIN_SIMILARITY = 0.6  # of two texts, from which on they are the same action


@dataclass(frozen=True, slots=True)
class Action:
    """An action as its template shows it: what to do, and the item with the table."""

    what: str = ""
    source: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One row of the table: what to do, who does it until when, and the item that people have entered, if any.

    ``owner`` and ``due`` are as people wrote them; ``copy`` counts rows with the same text. ``former_what`` is the text
    as earlier versions read it: they knew fewer of Markdown's escapes.
    """

    what: str
    item: str = ""
    due: str = ""
    owner: str = ""
    copy: int = 1
    former_what: str = field(default="", compare=False)

    @property
    def due_on(self) -> date | None:
        """Return the due date; None where it is not a date."""
        try:
            return date.fromisoformat(self.due)
        except ValueError:
            return None

    @property
    def username(self) -> str:
        """Return the owner without the ``@``."""
        return self.owner.removeprefix("@")

    @property
    def memory(self) -> Mapping[str, str]:
        """Return what the marker of its item remembers."""
        return {REQUEST_KEY: self.key, _WORDING: quote(self.what[:_REMEMBERED_LENGTH], safe="")}

    @property
    def key(self) -> str:
        """Return a key that identifies the row in a marker."""
        return self._key_of(self.what)

    @property
    def keys(self) -> tuple[str, str]:
        """Return its key, and the one that an earlier version has given it."""
        return self.key, self._key_of(self.former_what)

    def _key_of(self, text: str) -> str:
        return fingerprint(text if self.copy == 1 else f"{text} ({self.copy})")


def parse_rows(description: str, table: ActionTable) -> tuple[ActionRow, ...]:
    """Return the filled rows of the table below the heading, outside of code blocks and comments."""
    headers: list[str] | None = None
    names = {getattr(table, name).casefold(): name for name in ("what", "item", "due", "owner")}
    rows: list[ActionRow] = []
    copies: Counter[str] = Counter()
    for line in lines_below(human_text(description), table.below):
        if not _CELL_SEPARATOR.search(line):
            headers = None
            continue
        sources = [cell.replace("\\|", "|") for cell in _CELL_SEPARATOR.split(_strip_outer_bars(line))]
        cells = [unescape(source)[:_MAX_CELL_LENGTH] for source in sources]
        if headers is None:
            headers = [names.get(cell.casefold(), "") for cell in cells]
        elif not all(_HEADER_RULE.fullmatch(cell) for cell in cells):
            row = {name: cell for name, cell in zip(headers, cells, strict=False) if name}
            if row.get("what"):
                copies[row["what"]] += 1
                former = _as_read_formerly(sources[headers.index("what")])
                rows.append(ActionRow(**row, copy=copies[row["what"]], former_what=former))
    return tuple(rows[:_MAX_ROWS])


def _as_read_formerly(cell: str) -> str:
    return _FORMERLY_ESCAPED.sub(r"\1", one_line(cell)).replace("&lt;", "<")[:_MAX_CELL_LENGTH]


def _strip_outer_bars(line: str) -> str:
    """Return a row without the bars at its ends, which are optional in Markdown."""
    line = line.strip().removeprefix("|")
    return line[:-1] if line.endswith("|") and not line.endswith("\\|") else line


@dataclass(frozen=True, slots=True)
class MatchedRow:
    """A row and its item, if there is one."""

    row: ActionRow
    item: Item | None


def match_rows(rows: Sequence[ActionRow], items: Iterable[Item]) -> tuple[MatchedRow, ...]:
    """Return rows with their items: by the key in the marker, or else the open one with the most similar text."""
    unmatched = sorted(
        (item for item in items if request_key_of(item.marker)), key=lambda item: (len(item.key), item.key)
    )
    by_key = {str(request_key_of(item.marker)): item for item in reversed(unmatched)}
    exact = {
        row.key: by_key[key]
        for row in rows
        if (key := next((each for each in row.keys if each in by_key), None)) is not None
    }
    unmatched = [item for item in unmatched if item not in exact.values()]
    matched = []
    for row in rows:
        item = exact.get(row.key) or _most_similar(row, unmatched)
        if item in unmatched:
            unmatched.remove(item)
        matched.append(MatchedRow(row, item))
    return tuple(matched)


def _most_similar(row: ActionRow, unmatched: Sequence[Item]) -> Item | None:
    open_items = [item for item in unmatched if item.is_open]
    best = max(open_items, key=lambda item: _similarity(row, item), default=None)
    return best if best is not None and _similarity(row, best) >= _MIN_SIMILARITY else None


def _similarity(row: ActionRow, item: Item) -> float:
    remembered = item.marker.memory.get(_WORDING) if item.marker else None
    text = unquote(remembered) if remembered else item.title
    return SequenceMatcher(None, row.what[:_REMEMBERED_LENGTH], text[:_REMEMBERED_LENGTH]).ratio()


def missing_in_row(row: ActionRow, people: Iterable[str]) -> Iterator[str]:
    """Yield what *row* needs before it can become an item."""
    if not row.owner:
        yield "no owner"
    elif row.username not in people:
        yield f"owner {one_line(row.owner)} is not listed under `people:`"
    if not row.due:
        yield "no due date"
    elif row.due_on is None:
        yield f"due date {one_line(row.due)} is not a date such as 2027-04-09"


def action_tables(observed_items: Mapping[str, Item], process: Process) -> Iterator[tuple[Item, ActionTable]]:
    """Yield the items with a table of actions, and the table's headings."""
    for kind in process.kinds.values():
        if kind.acts and (item := observed_items.get(kind.item)):
            yield item, kind.acts
