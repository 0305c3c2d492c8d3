"""The terms of docs/glossary.md: the words it replaces are gone from code, help, documentation, templates and config."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import PurePosixPath

import click
import pytest

from docs.generate import commands
from psbot.cli import main
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
# Where people read sentences. The glossary itself names the old words.
DOCUMENTS = sorted(
    file.relative_to(ROOT).as_posix()
    for pattern in (
        "*.md",
        ".gitlab-ci.yml",
        "Makefile",
        "bench/*.md",
        "config/*.yml",
        "docs/**/*.md",
        "examples/**/*.yml",
        "issue_templates/**/*.*",
        "psbot/**/*.html",
        "starter/**/*",
        "templates/*.yml",
    )
    for file in ROOT.glob(pattern)
    if file.is_file() and file.name != "glossary.md"
)
MODULES = sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / "psbot").rglob("*.py"))
PACKAGES = sorted({PurePosixPath(module).parent.as_posix() for module in MODULES})


@dataclass(frozen=True)
class Glossary:
    """The rows of the page: terms, the phrases and names they replace, and what is allowed where."""

    terms: tuple[str, ...]
    phrases: tuple[str, ...]
    names: frozenset[str]
    exceptions: tuple[tuple[str, str], ...]

    def allowed(self, file: str) -> frozenset[str]:
        """The texts that *file* may hold."""
        return frozenset(text for pattern, text in self.exceptions if fnmatch(file, pattern))

    def wrong_in(self, sentence: str, allowed: Iterable[str] = ()) -> list[str]:
        """The old phrases in *sentence*; names in `code` are no part of it."""
        for text in allowed:
            sentence = sentence.replace(text, "")
        flat = " ".join(re.sub(r"`[^`\n]+`", "", sentence).split())
        return [match.group() for match in self.pattern.finditer(flat)]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds every phrase as whole words."""
        return _pattern(self.phrases)


@cache
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, phrases))})(?![\w-])", re.IGNORECASE)


def read(page: str) -> Glossary:
    """The glossary as the page has it."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("|") and not line.startswith(("| ---", "| Term |", "| File |"))
    ]
    listed, _, _ = page.partition("## Exceptions")
    terms = [row for row in rows if f"| {row[0]} |" in listed]
    excepted = [row for row in rows if row not in terms]
    assert all(len(row) == 3 and row[0] and row[1] for row in rows)
    assert all(row[2] for row in excepted), "an exception needs its reason"
    old = [row[2] for row in terms]
    return Glossary(
        terms=tuple(term for row in terms for term in row[0].split(", ")),
        phrases=tuple(phrase for cell in old for phrase in re.findall(r'"([^"]+)"', cell)),
        names=frozenset(name for cell in old for name in re.findall(r"`([^`]+)`", cell)),
        exceptions=tuple((row[0].strip("`"), row[1].strip("`")) for row in excepted),
    )


GLOSSARY = read(PAGE)


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield the string literals, docstrings and comments of a module, each with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in _tokens(source):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def names(source: str) -> Iterator[tuple[int, str]]:
    """Yield the names in a module, each with its line."""
    for token in _tokens(source):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(source).readline)


def wrong_in_module(file: str, source: str) -> list[str]:
    """The old words of a module, as file:line: word."""
    allowed = GLOSSARY.allowed(file)
    if "*" in allowed:
        return []
    found = [
        (line, phrase) for line, text in sentences(source) for phrase in GLOSSARY.wrong_in(text, allowed)
    ]
    found += [(line, name) for line, name in names(source) if name in GLOSSARY.names - allowed]
    return [f"{file}:{line}: {word}" for line, word in sorted(set(found))]


def text_of(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("file", DOCUMENTS)
def test_document_has_no_old_word(file: str) -> None:
    allowed = GLOSSARY.allowed(file)
    wrong = [] if "*" in allowed else GLOSSARY.wrong_in(text_of(file), allowed)
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "command"), [pytest.param(*each, id=each[0]) for each in commands(main, "psbot")]
)
def test_help_has_no_old_word(name: str, command: click.Command) -> None:
    shown = command.get_help(click.Context(command, info_name=name, terminal_width=100))
    assert GLOSSARY.wrong_in(shown) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_code_has_no_old_word(package: str) -> None:
    files = [file for file in MODULES if PurePosixPath(file).parent.as_posix() == package]
    assert [wrong for file in files for wrong in wrong_in_module(file, text_of(file))] == []


def test_glossary_names_each_term_once_and_no_term_as_an_old_word() -> None:
    assert len(set(GLOSSARY.terms)) == len(GLOSSARY.terms)
    assert [term for term in GLOSSARY.terms if term in GLOSSARY.phrases or term in GLOSSARY.names] == []
    assert len(GLOSSARY.terms) > 60
    assert len(GLOSSARY.phrases) > 40


@pytest.mark.parametrize("exception", GLOSSARY.exceptions)
def test_exception_is_still_needed(exception: tuple[str, str]) -> None:
    """An exception whose text is gone from its files goes, too."""
    pattern, text = exception
    files = [file for file in (*DOCUMENTS, *MODULES) if fnmatch(file, pattern)]
    assert files
    assert text == "*" or any(text in text_of(file) for file in files)


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Find what has Gone\nquiet.", ["Gone quiet"]),
        ("names each lack, and how to mend it", ["lack", "how to mend"]),
        ("`mend` is a key; recommend a black lackey", []),
        ("paper-wanted, a newspaper", []),
    ],
)
def test_old_phrases_are_found_as_whole_words(sentence: str, wrong: list[str]) -> None:
    assert GLOSSARY.wrong_in(sentence) == wrong


def test_code_is_searched_for_names_literals_and_comments() -> None:
    source = '"""It is adrift."""\nclass Sighting:  # a twin\n    what = f"how to mend {1}"\n'
    assert [each.partition(": ")[2] for each in wrong_in_module("psbot/x.py", source)] == [
        "adrift",
        "Sighting",
        "twin",
        "how to mend",
    ]
