"""Writes a signed change into the text of an engagement file, keeping comments, order and line endings.

PyYAML's marks show where to insert a line; the result is parsed again and must have exactly the intended change.
"""

import difflib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import yaml

from psbot.core.changes.amendment import MissingAmendment, describe, to_yaml
from psbot.core.model.engagement import Amendment, Engagement
from psbot.engagements.loader import parse_engagement
from psbot.engagements.policy import FilePolicy
from psbot.errors import PsbotError

_AMENDMENTS = "amendments"


def amend_file(
    file: Path,
    engagement: Engagement,
    missing: Iterable[MissingAmendment],
    policy: FilePolicy,
    *,
    is_written: bool,
) -> str:
    """Return the diff that adds *missing* to *file*; with *is_written* also write the file.

    Raises PsbotError if the file cannot be read or written, and as :func:`amend_text` does.
    """
    try:
        before = file.read_bytes().decode("utf-8")
        after = before
        for change in missing:
            after = amend_text(str(file), after, engagement, change, policy)
            engagement = _expected(engagement, change)
        if is_written and after != before:
            file.write_bytes(after.encode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PsbotError(f"{file} cannot be changed: {error}", "check its permissions") from error
    return unified_diff(file, before, after)


def amend_text(
    file: str, text: str, engagement: Engagement, change: MissingAmendment, policy: FilePolicy
) -> str:
    """Return *text*, the engagement file, with *change*.

    Raises PsbotError if psbot finds no place for the change, or if the result would differ from what is intended; the
    message has the lines to add manually.
    """
    by_hand = PsbotError(
        f"{file}: psbot cannot place the change in this file", f"add it manually: {describe(change)}"
    )
    try:
        after = _apply_edits(text, change)
    except (yaml.YAMLError, _NoPlaceForChange) as error:
        raise by_hand from error
    loaded = parse_engagement(file, after.removeprefix("\ufeff").replace("\r\n", "\n"), policy)
    if loaded.error:
        raise PsbotError(
            f"{file}: the file would be invalid with the change", str(loaded.error)
        ) from loaded.error
    if loaded.engagement != _expected(engagement, change):
        raise by_hand
    return after


def unified_diff(file: Path, before: str, after: str) -> str:
    """Return the unified diff of *file*, which ``git apply`` accepts if the file is below the current directory."""
    shown = file.as_posix()
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{shown}", f"b/{shown}"
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


class _NoPlaceForChange(Exception):
    """The file is written in a style into which no line can be inserted."""


def _expected(engagement: Engagement, change: MissingAmendment) -> Engagement:
    amendments = list(engagement.amendments)
    if change.amendment:
        amendments.insert(
            _position([each.signed_on.isoformat() for each in amendments], change.amendment), change.amendment
        )
    return replace(engagement, amendments=tuple(amendments), contract=change.contract or engagement.contract)


def _position(signed: list[str], amendment: Amendment) -> int:
    """Return the position of an amendment among those *signed* on these days: after those of the same day."""
    day = amendment.signed_on.isoformat()
    return next((at for at, each in enumerate(signed) if each > day), len(signed))


def _apply_edits(text: str, change: MissingAmendment) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise _NoPlaceForChange
    edits = []
    if change.contract:
        edits.append(_contract_edit(root, change.contract))
    if change.amendment:
        edits.append(_amendment_edit(text, root, change.amendment, end))
    for at, until, new in sorted(edits, reverse=True):
        text = text[:at] + new + text[until:]
    return text


_Edit = tuple[int, int, str]


def _value_node(root: yaml.MappingNode, key: str) -> yaml.Node | None:
    return next((value for name, value in root.value if name.value == key), None)


def _contract_edit(root: yaml.MappingNode, contract: str) -> _Edit:
    node = _value_node(root, "contract")
    if node is None:
        raise _NoPlaceForChange
    return node.start_mark.index, node.end_mark.index, contract


def _amendment_edit(text: str, root: yaml.MappingNode, amendment: Amendment, end: str) -> _Edit:
    """Return the edit that puts *amendment* where it belongs: a new line, or a member of a list in brackets."""
    node, written = _value_node(root, _AMENDMENTS), to_yaml(amendment)
    if node is None:
        at = root.end_mark.index
        before = text[:at]
        return at, at, f"{'' if before.endswith(end) else end}{_AMENDMENTS}:{end}  - {written}{end}"
    if not isinstance(node, yaml.SequenceNode):
        raise _NoPlaceForChange
    place = _position([_signed_on(each) for each in node.value], amendment)
    if node.flow_style:
        return _flow_list_edit(node, place, written)
    if place < len(node.value):
        at = text.rindex("-", 0, node.value[place].start_mark.index)
        return at, at, f"- {written}{end}{' ' * node.start_mark.column}"
    return _line_below_edit(text, _last_node(node), f"{' ' * node.start_mark.column}- {written}", end)


def _signed_on(node: yaml.Node) -> str:
    found = _value_node(node, "signed_on") if isinstance(node, yaml.MappingNode) else None
    if not isinstance(found, yaml.ScalarNode):
        raise _NoPlaceForChange
    return str(found.value)


def _flow_list_edit(node: yaml.SequenceNode, place: int, written: str) -> _Edit:
    if not node.value:
        return node.start_mark.index, node.end_mark.index, f"[{written}]"
    if place < len(node.value):
        at = node.value[place].start_mark.index
        return at, at, f"{written}, "
    at = node.value[-1].end_mark.index
    return at, at, f", {written}"


def _last_node(node: yaml.Node) -> yaml.Node:
    """Return the innermost last node of *node*, because only its end shows where a block ends."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node


def _line_below_edit(text: str, node: yaml.Node, line: str, end: str) -> _Edit:
    """Return the edit that puts *line* below the line on which *node* ends, after any comment there."""
    at = text.find("\n", node.end_mark.index)
    if at < 0:
        return len(text), len(text), f"{end}{line}{end}"
    return at + 1, at + 1, f"{line}{end}"
