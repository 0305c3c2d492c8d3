"""Reads and checks the templates of a folder once, then fills them with facts, escaping text from engagements."""

import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, Template
from jinja2.exceptions import TemplateError, TemplateNotFound, TemplateRuntimeError, TemplateSyntaxError
from jinja2.loaders import BaseLoader

from psbot.core.changes.form import ChangeRequestView
from psbot.core.desired.action_table import Action
from psbot.core.desired.intake import Intake
from psbot.core.desired.raid_log import RaidEntry, RaidSection
from psbot.core.desired.schedule import ScheduledItem
from psbot.core.desired.template_facts import ChartRow
from psbot.core.desired.wrap_up import WrapUp
from psbot.core.model.engagement import Amendment, Engagement
from psbot.core.model.item import Item
from psbot.core.records.sign_off import SignOff
from psbot.errors import FileProblems, Problem, PsbotError
from psbot.templates import check
from psbot.templates.check import TemplateSource
from psbot.templates.language import (
    MAX_CHARACTERS,
    TemplateEnvironment,
    create_environment,
    render_budget,
    to_markdown,
    to_plain_text,
    with_limits,
)

# What every template may use, with its type.
FACT_TYPES: Mapping[str, object] = MappingProxyType(
    {
        "engagement": Engagement,
        "item": ScheduledItem,
        "ends_on": date,
        "hours": float,
        "signed_amendments": tuple[Amendment, ...],
        "phase": str,
        "phase_since_on": date,
        "health": str,
        "intake": Intake,
        "contact_roles": tuple[str, ...],
        "shared_items": tuple[Item, ...],
        "timeline": tuple[ChartRow, ...],
        "sign_off": SignOff,
        "change": ChangeRequestView,
        "raised": RaidEntry,
        "action": Action,
        "chapters": tuple[RaidSection, ...],
        "wrap_up": WrapUp,
    }
)
MAIL_FACT_TYPES: Mapping[str, object] = MappingProxyType({**FACT_TYPES, "manager_name": str})

_MAX_SOURCE_LENGTH = 200_000
_NAME = re.compile(r"[a-z0-9_-]+(?:/[a-z0-9_-]+)*")
_SECTION = re.compile(r"^<!-- psbot begin: ([a-z-]+) -->$", re.MULTILINE)
_FAILURES = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class TemplateLibrary:
    """The templates of one folder: ``NAME.md`` is Markdown, ``NAME.txt`` plain text for e-mails.

    Files whose names begin with ``_`` are parts, to be included or imported by their file names. Everything is
    read and compiled at once; rendering opens no file.
    """

    def __init__(self, folder: Path) -> None:
        """Read all templates below *folder*; FileProblems has all their errors."""
        self._folder = folder
        self._compiled: dict[str, Template] = {}
        loader = _Loader(self._compiled)
        self._languages = {
            ".md": create_environment(to_markdown, loader),
            ".txt": create_environment(to_plain_text, loader),
        }
        self._sources: dict[str, TemplateSource] = {}
        self._sections: dict[str, frozenset[str]] = {}
        found = [*self._read_all(), *self._check()]
        found += self._compile_all() if not found else []
        if found:
            raise FileProblems(found)

    @property
    def names(self) -> frozenset[str]:
        """Return the names that :meth:`render` knows; without parts."""
        files = map(Path, self._sources)
        return frozenset(file.with_suffix("").as_posix() for file in files if not file.name.startswith("_"))

    def missing_templates(self, names: Iterable[str]) -> tuple[Problem, ...]:
        """Return one problem for each of *names* without a template."""
        return tuple(
            Problem(str(self._folder / f"{name}.md"), 1, 1, "", "this template does not exist", self._hint())
            for name in names
            if name not in self.names
        )

    def render(self, name: str, facts: Mapping[str, object]) -> str:
        """Return template *name* filled with *facts*, with text from the engagement escaped.

        Lines have no blanks at their ends, no two empty lines follow each other, and the text ends with one
        line end. FileProblems has the line at which rendering failed.
        """
        file = self._file_of(name)
        try:
            with render_budget():
                return _normalize_blank_lines(_join_limited(self._compiled[file].generate(facts)))
        except _FAILURES as error:
            raise FileProblems([self._render_problem(file, error)]) from error

    def sections(self, name: str) -> frozenset[str]:
        """Return the names of the managed sections of template *name*, including those of its parts."""
        file = self._file_of(name)
        if file not in self._sections:
            self._sections[file] = self._find_sections(file)
        return self._sections[file]

    def _find_sections(self, file: str) -> frozenset[str]:
        waiting, seen, sections = [file], set[str](), set[str]()
        while waiting:
            source = self._sources[waiting.pop()]
            seen.add(source.name)
            sections |= set(_SECTION.findall(source.text))
            waiting += [part for _, part in check.template_references(source) if part and part not in seen]
        return frozenset(sections)

    def _file_of(self, name: str) -> str:
        for suffix in self._languages if _NAME.fullmatch(name) else ():
            if name + suffix in self._compiled:
                return name + suffix
        raise PsbotError(f"template {name!r} does not exist in {self._folder}", self._hint())

    def _hint(self) -> str:
        return f"available templates: {', '.join(sorted(self.names)) or 'none'}"

    def _read_all(self) -> Iterator[Problem]:
        if not self._folder.is_dir():
            yield Problem(str(self._folder), 1, 1, "", "the template folder does not exist")
        for path in sorted(self._folder.rglob("*")):
            parts = path.relative_to(self._folder).parts
            if path.suffix in self._languages and not any(part.startswith(".") for part in parts):
                try:
                    name = "/".join(parts)
                    self._sources[name] = self._read(name, path)
                except TemplateSyntaxError as error:
                    yield Problem(
                        str(path), error.lineno, 1, "", error.message or "this is not a valid template"
                    )
                except (OSError, ValueError, RecursionError) as error:
                    yield Problem(str(path), 1, 1, "", f"this is not a valid template: {error}")

    def _read(self, name: str, path: Path) -> TemplateSource:
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise ValueError("it is outside the template folder")
        text = path.read_text(encoding="utf-8-sig")
        if len(text) > _MAX_SOURCE_LENGTH:
            raise ValueError(f"it is longer than {_MAX_SOURCE_LENGTH:,} characters")
        return TemplateSource(name, str(path), text, self._language(name).parse(text, name, str(path)))

    def _language(self, name: str) -> TemplateEnvironment:
        return self._languages[Path(name).suffix]

    def _check(self) -> Iterator[Problem]:
        yield from check.find_problems(self._sources_with(".md"), FACT_TYPES)
        yield from check.find_problems(self._sources_with(".txt"), MAIL_FACT_TYPES)

    def _sources_with(self, suffix: str) -> dict[str, TemplateSource]:
        """Return the sources of one language: an e-mail cannot include Markdown, which is escaped differently."""
        return {name: source for name, source in self._sources.items() if name.endswith(suffix)}

    def _compile_all(self) -> Iterator[Problem]:
        for name, source in self._sources.items():
            environment = self._language(name)
            try:
                code = environment.compile(with_limits(source.tree), name, source.file)
                self._compiled[name] = Template.from_code(environment, code, {})
            except TemplateSyntaxError as error:
                yield source.problem(error.lineno, error.message or "this is not a valid template")
            except (SyntaxError, RecursionError) as error:
                yield source.problem(1, f"this template is too deeply nested: {error}")

    def _render_problem(self, file: str, error: Exception) -> Problem:
        """Return *error* as a problem at the last template line in its traceback."""
        files = {source.file: source for source in self._sources.values()}
        source, line = self._sources[file], 1
        for frame, number in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename in files:
                source, line = files[frame.f_code.co_filename], number
        reason = "macros call each other endlessly" if isinstance(error, RecursionError) else str(error)
        return source.problem(line, f"the template cannot be rendered: {reason}")


class _Loader(BaseLoader):
    """Give Jinja only compiled templates, and nothing from disk."""

    def __init__(self, compiled: Mapping[str, Template]) -> None:
        self._compiled = compiled

    def load(self, environment: Environment, name: str, globals: object = None) -> Template:
        """Return the template *name*."""
        if name not in self._compiled:
            raise TemplateNotFound(name)
        return self._compiled[name]


def _join_limited(pieces: Iterable[str]) -> str:
    written, total = [], 0
    for piece in pieces:
        total += len(piece)
        if total > MAX_CHARACTERS:
            raise TemplateRuntimeError(f"the template writes more than {MAX_CHARACTERS:,} characters")
        written.append(piece)
    return "".join(written)


def _normalize_blank_lines(text: str) -> str:
    lines = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"
