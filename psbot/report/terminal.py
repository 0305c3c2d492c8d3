"""What all terminal reports share: a console as wide as the terminal, with colour only at a terminal."""

import os
import sys
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from psbot.core.model.finding import Severity
from psbot.core.text.escape import replace_control_characters

PLAIN_WIDTH = 100


def console_in_memory() -> tuple[Console, StringIO]:
    """Return a console that writes to memory: as wide as the terminal, or plain and of one width."""
    out = StringIO()
    is_terminal = sys.stdout.isatty()
    width = None if is_terminal or os.environ.get("COLUMNS") else PLAIN_WIDTH
    console = Console(
        file=out, width=width, force_terminal=is_terminal, no_color=not is_terminal or "NO_COLOR" in os.environ,
        highlight=False, markup=False, emoji=False, soft_wrap=False,
    )  # fmt: skip
    return console, out


def captured_text(out: StringIO) -> str:
    """Return what was written, without blanks at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def print_indented(console: Console, text: str, style: str, indent: int = 2) -> None:
    """Print *text* wrapped and indented; control characters in it are replaced."""
    console.print(Padding(Text(replace_control_characters(text), style=style), (0, 0, 0, indent)))


def sections_text(sections: Iterable[tuple[str, list[tuple[str, str]]]]) -> str:
    """Return sections of rows, each row with its subject first, without Markdown's backticks."""
    console, out = console_in_memory()
    for number, (name, rows) in enumerate(sections):
        console.print(Text(replace_control_characters(f"\n{name}" if number else name), style="bold"))
        for subject, text in rows:
            plain = f"{subject}: {text}" if subject else text
            console.print(Padding(Text(replace_control_characters(plain.replace("`", ""))), (0, 0, 0, 2)))
    return captured_text(out)


def print_columns(
    console: Console, rows: Iterable[tuple[Sequence[str], str]], widths: Sequence[int], indent: int = 2
) -> None:
    """Print rows of texts, each row with its style, in columns of *widths*; the last one takes the rest."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for width in widths:
        table.add_column(width=width)
    table.add_column(overflow="fold", ratio=1)
    for texts, style in rows:
        table.add_row(*(Text(replace_control_characters(text)) for text in texts), style=style)
    console.print(Padding(table, (0, 0, 0, indent)))


OPERATION_SIGNS = {
    "create-epic": ("+", "green"),
    "create-child": ("+", "green"),
    "close": ("×", "red"),
    "reopen": ("○", "green"),
}
CHANGED_SIGN = ("~", "yellow")
SEVERITY_STYLES = {Severity.INFO: "cyan", Severity.WARNING: "yellow", Severity.ERROR: "red"}


def sign_table(*widths: int) -> Table:
    """Return a table without lines: a sign, columns of at most *widths*, and a last one that takes the rest."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(width=1)
    for width in widths:
        table.add_column(overflow="fold", max_width=width)
    table.add_column(overflow="fold", ratio=1)
    return table
