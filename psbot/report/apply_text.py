"""Renders what apply and advance did for the terminal."""

from collections.abc import Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from psbot.apply.receipt import Receipt
from psbot.core.text.escape import replace_control_characters
from psbot.core.text.quantity import quantity
from psbot.report.apply_rows import (
    FileResult,
    describe_change,
    not_done_lines,
    receipt_name,
    receipt_reference,
)
from psbot.report.plan_text import print_findings
from psbot.report.terminal import (
    CHANGED_SIGN,
    OPERATION_SIGNS,
    captured_text,
    console_in_memory,
    print_indented,
    sign_table,
)


def apply_result_text(each: FileResult) -> str:
    """Return the result of one engagement, one line per item."""
    console, out = console_in_memory()
    console.print(Text(replace_control_characters(f"{each.engagement}  ({each.file})"), style="bold"))
    if labels := each.count_created_labels():
        console.print(Text(f"  + {quantity(labels, 'label')}", style="green"))
    if done := list(each.done()):
        console.print(Padding(_receipts_table(done), (0, 0, 0, 1)))
    for line in not_done_lines(each.not_done()):
        print_indented(console, line, "yellow")
    if each.plan:
        print_findings(console, each.plan)
    if not each.receipts and each.error is None:
        console.print(Text("  nothing to do", style="green"))
    if epic := each.epic_url():
        print_indented(console, epic, "dim")
    console.print()
    return captured_text(out)


def _receipts_table(done: Sequence[Receipt]) -> Table:
    table = sign_table(22, 34)
    for receipt in done:
        sign, colour = OPERATION_SIGNS.get(receipt.operation.op, CHANGED_SIGN)
        texts = (sign, receipt_name(receipt), receipt_reference(receipt), describe_change(receipt))
        table.add_row(*(Text(replace_control_characters(text)) for text in texts), style=colour)
    return table
