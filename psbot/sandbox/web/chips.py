"""Labels as coloured chips, and the style sheet with their colours."""

import re
from collections.abc import Iterable

from markupsafe import Markup

from psbot.sandbox.state.labels import Label
from psbot.sandbox.state.world import World

_HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_GREY = "#6b7280"
# Perceived brightness (of 255) from which dark text is easier to read than white text.
_BRIGHTNESS_FOR_DARK_TEXT = 150


def label_chip(label: Label, world: World) -> Markup:
    """Return a label as HTML; a scoped label in two parts if the edition has scopes."""
    scope, _, value = label.title.rpartition("::")
    is_scoped = bool(scope) and world.has_epics
    text = (
        Markup("<span>{}</span><span>{}</span>").format(scope, value)
        if is_scoped
        else Markup("<span>{}</span>").format(label.title)
    )
    return Markup('<span class="label label-{}{}" title="{}">{}</span>').format(
        label.id, " scoped" if is_scoped else "", label.description or label.title, text
    )


def stylesheet(labels: Iterable[Label]) -> str:
    """Return one rule per label: its colour and the colour of its text."""
    rules = []
    for label in labels:
        color = _six_digits(label.color)
        rules.append(f".label-{label.id}{{--color:{color};--text:{_text_color(color)}}}\n")
    return "".join(rules)


def _six_digits(color: str) -> str:
    text = "#" + "".join(2 * digit for digit in color[1:]) if len(color) == len("#abc") else color
    return text if _HEX_COLOR.fullmatch(text) else _GREY


def _text_color(color: str) -> str:
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    brightness = (299 * red + 587 * green + 114 * blue) / 1000
    return "#1f1e24" if brightness > _BRIGHTNESS_FOR_DARK_TEXT else "#fff"
