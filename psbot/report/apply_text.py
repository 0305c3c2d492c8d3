"""Apply text."""

from collections.abc import Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from psbot.apply.receipt import Receipt
from psbot.core.text.escape import printable
from psbot.report import apply_rows as receipts
from psbot.report.apply_rows import Applied
from psbot.report.plan_text import _remarks
from psbot.report.terminal import _CHANGED, _SIGNS, _columns, console_in_memory, hang, stripped


def applied(each: Applied) -> str:
    """Return what became of one engagement, one line for each item."""
    console, out = console_in_memory()
    console.print(Text(printable(f"{each.engagement}  ({each.file})"), style="bold"))
    if labels := each.labels():
        console.print(Text(f"  + {labels} labels", style="green"))
    if done := list(each.done()):
        console.print(Padding(_receipts(done), (0, 0, 0, 1)))
    for line in receipts.why_undone(each.undone()):
        hang(console, line, "yellow")
    if each.plan:
        _remarks(console, each.plan)
    if not each.receipts and each.error is None:
        console.print(Text("  nothing to do", style="green"))
    if epic := each.epic_url():
        hang(console, epic, "dim")
    console.print()
    return stripped(out)


def _receipts(done: Sequence[Receipt]) -> Table:
    table = _columns(22, 34)
    for receipt in done:
        sign, colour = _SIGNS.get(receipt.operation.op, _CHANGED)
        texts = (sign, receipts.name(receipt), receipts.reference(receipt), receipts.what(receipt))
        table.add_row(*(Text(printable(text)) for text in texts), style=colour)
    return table
