"""Writes the parts of ``docs/`` that follow from the code and from ``config/``; run by ``make docs``."""

from collections.abc import Iterator
from pathlib import Path

import click

from psbot.cli import main
from psbot.core.labels import Scope
from psbot.process import load_process
from psbot.resources import directory

FOLDER = Path(__file__).parent
# As wide as the help of a terminal may be; fixed, so that every machine writes the same.
WIDTH = 100
NOTE = "<!-- Written by `make docs`; do not edit. -->"


def documents() -> dict[str, str]:
    """Return the text of every generated file by its name in ``docs/``."""
    return {"cli.md": _text(_command_line()), "labels.md": _text(_labels())}


def write() -> None:
    """Write the generated files."""
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield *group* and every command below it, each with the words that start it."""
    yield name, group
    for word, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def _command_line() -> Iterator[str]:
    yield "# The command line"
    yield (
        "Every option but `--help` and `--version` has an environment variable: `PSBOT_` and its name. The options "
        "of `psbot` itself stand before the command's name, those of a command behind it."
    )
    for name, command in commands(main, "psbot"):
        yield f"## {name}"
        context = click.Context(command, info_name=name, **{**main.context_settings, "terminal_width": WIDTH})
        yield f"```text\n{command.get_help(context)}\n```"
        if variables := list(_variables(command)):
            yield "| option | environment variable |\n| --- | --- |\n" + "\n".join(variables)


def _variables(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.envvar:
            yield f"| `{max(parameter.opts, key=len)}` | `{parameter.envvar}` |"


def _labels() -> Iterator[str]:
    scopes = load_process(directory("config")).catalogue.scopes
    yield "# The labels"
    yield (
        "They are in `config/labels.yml`. psbot makes those that are missing, in the group that the engagement file "
        "names, and touches no label of any other scope. An item has at most one label of a scope."
    )
    for purpose, scope in scopes.items():
        yield f"## `{scope.name}::`, the {purpose}"
        yield "| label | meaning | colour |\n| --- | --- | --- |\n" + "\n".join(_rows(scope))


def _rows(scope: Scope) -> Iterator[str]:
    for label in scope.labels.values():
        meaning = label.description.replace("|", "\\|")
        yield f"| `{label.title}` | {meaning} | `{label.color}` |"


def _text(paragraphs: Iterator[str]) -> str:
    return "\n\n".join([NOTE, *paragraphs]) + "\n"


if __name__ == "__main__":
    write()
