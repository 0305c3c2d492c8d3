"""What must not happen, judged without psbot's own means: by the sandbox's parsers, markdown-it and Unicode itself."""

import unicodedata

# Characters of category Cc, Cf, Cs, Zl, Zp that may stand in output: line ends, tabs, the joiners that scripts and
# emoji are written with, the word joiner that psbot puts in, and what invisible marks of plain writing are left.
HARMLESS = frozenset("\n\t\u200c\u200d\u2060")
DRIVING = frozenset({"Cc", "Cs", "Zl", "Zp"})
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def assert_quiet(text: str) -> None:
    """Nothing in *text* drives a terminal, breaks a line unseen or turns the reading direction; it can be written."""
    for char in text:
        is_loud = unicodedata.category(char) in DRIVING or char in TURNING
        assert char in HARMLESS or not is_loud, f"U+{ord(char):04X} in {text[:200]!r}"
    text.encode("utf-8")
