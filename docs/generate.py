"""Writes the parts of ``docs/`` that follow from the code and from ``config/``; run by ``make docs``."""

from collections.abc import Iterator
from pathlib import Path

import click
from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse

from psbot.cli import main
from psbot.config.loader import load_process
from psbot.core.model.labels import LabelScope
from psbot.doctor.permissions import REQUIREMENTS
from psbot.gitlab.account_queries import TOKEN_PATH
from psbot.gitlab.documents import every_document, operation_name
from psbot.report.workflow import page_paragraphs
from psbot.resources import resource_folder
from psbot.sandbox.graphql_api.complexity import COMPLEXITY_LIMIT, compute_complexity
from psbot.sandbox.graphql_api.schema import schema

FOLDER = Path(__file__).parent
# As wide as the help of a terminal may be; fixed, so that every machine writes the same.
WIDTH = 100
PAGE = 100
# What each GraphQL document is for, by its operation's name; tests/documents/test_docs.py wants one of every document.
PURPOSES = {
    "Access": "who the token is, and what it may do in the group and its projects{more}",
    "Listing": "a page of {lists}{newest}",
    "Labels": "the labels of the label group, page by page",
    "Item": "one item by its namespace and number",
    "Activity": "who made, edited and noted what on up to 20 items: whether a person has touched them",
    "Histories": "who labelled, closed and opened up to 20 items, where a rule hangs on it",
    "WholeHistories": "everything done to and written on up to 20 items, where the lists do not tell who acted last",
    "Comments": "what was written on up to 20 items: psbot's notices in the engagement log",
    "People": "which usernames exist, and who is a member of what",
    "Audience": "who can read the internal projects",
    "Server": "the server's version and edition, and whose token it is",
    "CreateLabels": "makes labels of the catalogue that are missing",
    "CreateItems": "makes epics and child items, with labels, assignee, dates and parent at once",
    "UpdateItems": "changes work items",
    "CreateNotes": "posts notes",
    "UpdateNotes": "edits notes",
}
LISTS = {
    "epics": "the group's epics",
    "children": "an epic's children",
    "labelled": "the items with certain labels",
    "named": "the items with certain ids",
    "moved": "the items that have changed since an instant",
    "confidential": "the confidential items of the project of portfolio digests",
}
REST = (
    ("`GET /api/v4/user`", "whose token it is: a note counts as psbot's only when this account wrote it"),
    ("`GET /api/v4/projects/:id/merge_requests/:iid/notes`", "psbot's own note, looked for page by page"),
    ("`POST /api/v4/projects/:id/merge_requests/:iid/notes`", "writes the note; sent once"),
    ("`PUT /api/v4/projects/:id/merge_requests/:iid/notes/:note_id`", "edits it; sent once"),
    (
        "`GET /api/v4/projects/:id/repository/commits/:sha/merge_requests`",
        "the merge request whose plan was reviewed",
    ),
)
SETTINGS = (
    ("`GET /api/v4/projects/:id`", "its default branch, and the groups above it", "Reporter"),
    (
        "`GET /api/v4/projects/:id/repository/branches/:branch`",
        "whether the default branch is protected",
        "Reporter",
    ),
    (
        "`GET /api/v4/projects/:id/variables`",
        "which of its three tokens are there, and how they are kept",
        "Maintainer",
    ),
    (
        "`GET /api/v4/groups/:id/variables`",
        "the same of each group above, where one is missing",
        "Owner of the group",
    ),
    ("`GET /api/v4/projects/:id/pipeline_schedules`", "its schedules", "Reporter"),
    (
        "`GET /api/v4/projects/:id/pipeline_schedules/:pipeline_schedule_id`",
        "what each of them runs, and whose it is",
        "Maintainer",
    ),
    ("`GET /api/v4/projects/:id/members/all`", "the roles of those owners", "Guest"),
)
NOTE = "<!-- Written by `make docs`; do not edit. -->"


def documents() -> dict[str, str]:
    """Return the text of every generated file by its name in ``docs/``."""
    return {
        "cli.md": _text(_command_line()),
        "endpoints.md": _text(_endpoints()),
        "labels.md": _text(_labels()),
        "workflow.md": _text(_workflow()),
    }


def write() -> None:
    """Write the generated files."""
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield *group* and every command below it, each with the words that start it."""
    yield name, group
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        if command is None:
            continue
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
    scopes = load_process(resource_folder("config")).catalogue.scopes
    yield "# The labels"
    yield (
        "They are in `config/labels.yml`. psbot makes those that are missing, in the group that the engagement file "
        "names, and touches no label of any other scope. An item has at most one label of a scope."
    )
    for purpose, scope in scopes.items():
        yield f"## `{scope.name}::`, the {purpose}"
        yield "| label | meaning | colour |\n| --- | --- | --- |\n" + "\n".join(_rows(scope))


def _rows(scope: LabelScope) -> Iterator[str]:
    for label in scope.labels.values():
        meaning = label.description.replace("|", "\\|")
        yield f"| `{label.title}` | {meaning} | `{label.color}` |"


def _workflow() -> Iterator[str]:
    return page_paragraphs(load_process(resource_folder("config")).workflow)


def _endpoints() -> Iterator[str]:
    yield "# What psbot asks of GitLab"
    yield (
        "Everything about engagements goes to `POST /api/graphql`, but one question of `psbot doctor`: "
        f"`GET /api/v4{TOKEN_PATH}` tells what the token may do, which GraphQL does not. These are all documents, each "
        "in its largest form: how many characters it has (GitLab takes 10,000) and what it costs (GitLab takes "
        f"{COMPLEXITY_LIMIT} a request), estimated by GitLab's rules for pages of {PAGE}. "
        "In a mutation every item is an alias of its own."
    )
    yield "| document | kind | fields | items | characters | cost | what for |\n" + "\n".join(
        ["| --- | --- | --- | --- | --- | --- | --- |", *map(_row, every_document())]
    )
    yield "| command | scope | role |\n| --- | --- | --- |\n" + "\n".join(
        f"| `psbot {name}` | `{need.scope}` | {need.role} |" for name, need in REQUIREMENTS.items()
    )
    yield (
        "In a pipeline, `psbot plan --merge-request` and `psbot apply --reviewed` use REST besides, with the token in "
        "`PSBOT_NOTE_TOKEN`, which needs the scope `api` and the role Reporter in the engagements repository alone."
    )
    yield "| request | for |\n| --- | --- |\n" + "\n".join(
        f"| {path} | {purpose} |" for path, purpose in REST
    )
    yield (
        "`psbot doctor` looks at the settings of the engagements repository, in its own pipelines or with "
        "`--repository`. It changes nothing, and forgets the values of variables as soon as GitLab has sent "
        "them. Where the role is too low it says so and goes on."
    )
    yield "| request | for | role |\n| --- | --- | --- |\n" + "\n".join(
        f"| {path} | {purpose} | {role} |" for path, purpose, role in SETTINGS
    )
    yield (
        "Reading needs a token with the scope `read_api`, writing one with `api`. Queries are repeated after errors "
        "that may pass, mutations never."
    )


def _row(text: str) -> str:
    kind, name = operation_name(text).split()
    document = parse(text)
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    cost = compute_complexity(schema(), document, operation, {"page": PAGE})
    top = _fields(operation.selection_set)
    asked = ", ".join(f"`{field}`" for field in dict.fromkeys(node.name.value for node in top))
    items = len(top) if kind == "mutation" else ""
    lists = [
        LISTS[node.alias.value] for node in _fields(top[0].selection_set) if node.alias and name == "Listing"
    ]
    purpose = PURPOSES[name].format(
        lists=" and one of ".join(lists),
        newest=", with the newest note of each" if "...Newest" in text else "",
        more=", and the first page of labels" if "$labelGroup" in text else "",
    )
    return f"| `{name}` | {kind} | {asked} | {items} | {len(text)} | {cost} | {purpose} |"


def _fields(selection: SelectionSetNode | None) -> list[FieldNode]:
    return [node for node in (selection.selections if selection else ()) if isinstance(node, FieldNode)]


def _text(paragraphs: Iterator[str]) -> str:
    return "\n\n".join([NOTE, *paragraphs]) + "\n"


if __name__ == "__main__":
    write()
