"""Write the pages of ``docs/`` that follow from the code and from ``config/``; run by ``make docs``."""

from collections.abc import Iterator
from pathlib import Path

import click
from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse

from docs import layers
from psbot.cli import main
from psbot.config.loader import load_process
from psbot.core.model.labels import LabelScope
from psbot.doctor.permissions import REQUIREMENTS
from psbot.doctor.probe.expectations import ASSUMPTIONS, EXPECTATIONS
from psbot.errors import ExitCode
from psbot.gitlab.account_queries import TOKEN_PATH
from psbot.gitlab.documents import every_document, operation_name
from psbot.report.workflow import page_paragraphs
from psbot.resources import resource_folder
from psbot.sandbox.graphql_api.complexity import COMPLEXITY_LIMIT, compute_complexity
from psbot.sandbox.graphql_api.schema import schema

FOLDER = Path(__file__).parent
# The width of the help texts; fixed, so that every machine writes the same.
WIDTH = 100
PAGE = 100
# The purpose of each GraphQL document, by its operation's name; tests/documents/test_docs.py requires one for each.
PURPOSES = {
    "Access": "the account of the token, and its access to the group and its projects{more}",
    "Listing": "a page of {lists}{newest}",
    "Labels": "the labels of the label group, page by page",
    "ArchivedLabels": "the archived labels of the label group, when GitLab refuses to create a label",
    "Item": "one item by its namespace and number",
    "Activity": "who created, edited and commented on up to 20 items: whether there was human activity",
    "Histories": "who labelled, closed and reopened up to 20 items, if a rule depends on it",
    "WholeHistories": "the complete history of up to 20 items, if the lists do not show who acted last",
    "Comments": "the comments of up to 20 items: psbot's notices in the engagement log",
    "People": "which usernames exist, and their memberships",
    "Audience": "who can read the internal projects",
    "GroupEpics": "the epics of the groups above the engagements, which customers can read",
    "Server": "the server's version and edition, and the account of the token",
    "CreateLabels": "creates missing labels of the catalogue",
    "CreateItems": "creates epics and child items with labels, assignee, dates and parent",
    "UpdateItems": "updates work items",
    "CreateNotes": "posts notes",
    "UpdateNotes": "edits notes",
    "DeleteItems": "deletes what `psbot doctor --probe` has created",
}
LISTS = {
    "epics": "the group's epics",
    "children": "an epic's children",
    "labelled": "the items with certain labels",
    "requested": "the items with certain ids",
    "updated": "the items that have changed since a point in time",
    "confidential": "the confidential items of the project of portfolio digests",
}
REST = (
    ("`GET /api/v4/user`", "the account of the token: psbot edits only notes of this account"),
    ("`GET /api/v4/projects/:id/merge_requests/:iid/notes`", "finds psbot's note, page by page"),
    ("`GET /api/v4/users/:id`", "whether another account that wrote such a note is a bot"),
    ("`POST /api/v4/projects/:id/merge_requests/:iid/notes`", "creates the note; never repeated"),
    ("`PUT /api/v4/projects/:id/merge_requests/:iid/notes/:note_id`", "edits the note; never repeated"),
    (
        "`GET /api/v4/projects/:id/repository/commits/:sha/merge_requests`",
        "finds the merge request whose plan was reviewed",
    ),
)
PROBE = (
    ("`GET /api/v4/groups/:id/projects`", "finds the projects of the scratch group"),
    ("`GET /api/v4/projects/:id`", "the number of the project that an issue is moved to"),
    ("`POST /api/v4/projects/:id/issues/:issue_iid/move`", "moves one issue of the probe"),
    ("`DELETE /api/v4/groups/:id/labels/:label_id`", "deletes the labels of the probe"),
)
LABEL_EVENTS = (
    "`GET /api/v4/projects/:id/issues/:iid/resource_label_events`",
    "`GET /api/v4/groups/:id/epics/:iid`",
    "`GET /api/v4/groups/:id/epics/:epic_id/resource_label_events`",
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
        "which of its three tokens exist, and how they are protected",
        "Maintainer",
    ),
    (
        "`GET /api/v4/groups/:id/variables`",
        "the same for each ancestor group, if one is missing",
        "Owner of the group",
    ),
    ("`GET /api/v4/projects/:id/pipeline_schedules`", "its schedules", "Reporter"),
    (
        "`GET /api/v4/projects/:id/pipeline_schedules/:pipeline_schedule_id`",
        "the variables and the owner of each schedule",
        "Maintainer",
    ),
    ("`GET /api/v4/projects/:id/members/all`", "the roles of the owners", "Guest"),
)
EXIT_CODES = {
    ExitCode.DONE: "Done, or nothing to do.",
    ExitCode.BUG: "A bug in psbot, with a traceback.",
    ExitCode.INPUT: "Invalid input. The message names the place and the fix.",
    ExitCode.GITLAB: "GitLab rejected a request, is unreachable or is not set up. The message names the fix.",
    ExitCode.FINDINGS: "Done, with findings or pending changes (`stale`; other commands with `--exit-code`).",
    ExitCode.LIMIT: "Stopped at a limit or by SIGTERM. Run the command again.",
    ExitCode.INTERRUPTED: "Interrupted by Ctrl-C. A command that writes completes the request in flight first.",
}
NOTE = "<!-- Written by `make docs`; do not edit. -->"


def documents() -> dict[str, str]:
    """Return the text of every generated file by its name in ``docs/``."""
    return {
        "architecture.md": layers.page((FOLDER / "architecture.md").read_text(encoding="utf-8")),
        "cli.md": _text(_command_line()),
        "endpoints.md": _text(_endpoints()),
        "fidelity.md": _text(_fidelity()),
        "labels.md": _text(_labels()),
        "workflow.md": _text(_workflow()),
    }


def write() -> None:
    """Write the generated files."""
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield *group* and every command below it, each with its full name."""
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
        "Every option except `--help` and `--version` has an environment variable: `PSBOT_` and its name. Options of "
        "`psbot` itself go before the command, options of a command after it."
    )
    yield "With several engagement files, the most severe code is returned: 130, 1, 3, 2, 5, 4, 0."
    yield "| exit code | meaning |\n| --- | --- |\n" + "\n".join(
        f"| {code.value} | {meaning} |" for code, meaning in EXIT_CODES.items()
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
        "The labels are defined in `config/labels.yml`. psbot creates missing ones in the label group of the "
        "engagement file, and never changes labels of other scopes. An item has at most one label of each scope."
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
    yield "# GitLab endpoints"
    yield (
        "psbot reads and writes engagements through `POST /api/graphql`. `psbot doctor` also reads the scopes of the "
        f"token through `GET /api/v4{TOKEN_PATH}`, because GraphQL does not return them. This table lists every "
        "GraphQL document in its largest form, with its length (GitLab accepts 10,000 characters) and its complexity "
        f"(GitLab accepts {COMPLEXITY_LIMIT} per request), calculated by GitLab's rules for pages of {PAGE}. "
        "A mutation has one alias per item."
    )
    yield "| document | kind | fields | items | characters | complexity | purpose |\n" + "\n".join(
        ["| --- | --- | --- | --- | --- | --- | --- |", *map(_row, every_document())]
    )
    yield "| command | scope | role |\n| --- | --- | --- |\n" + "\n".join(
        f"| `psbot {name}` | `{need.scope}` | {need.role} |" for name, need in REQUIREMENTS.items()
    )
    yield (
        "In a pipeline, `psbot plan --merge-request` and `psbot apply --reviewed` also use REST, with the token in "
        "`PSBOT_NOTE_TOKEN`. It needs the scope `api` and the Reporter role in the engagements repository only."
    )
    yield "| request | purpose |\n| --- | --- |\n" + "\n".join(
        f"| {path} | {purpose} |" for path, purpose in REST
    )
    yield (
        "Where psbot cannot read the wording of an item's system notes about labels, it reads their events by REST, "
        f"with the ordinary token: {', '.join(LABEL_EVENTS)}."
    )
    yield (
        "`psbot doctor` checks the settings of the engagements repository, in its own pipelines or with "
        "`--repository`. It changes nothing and discards the values of variables at once. If a role is too low, it "
        "reports that and continues."
    )
    yield "| request | purpose | role |\n| --- | --- | --- |\n" + "\n".join(
        f"| {path} | {purpose} | {role} |" for path, purpose, role in SETTINGS
    )
    yield (
        "`psbot doctor --probe` writes to the scratch group, with a token of the scope `api`, and deletes what it has "
        "created. Besides GraphQL it uses:"
    )
    yield "| request | purpose |\n| --- | --- |\n" + "\n".join(
        f"| {path} | {purpose} |" for path, purpose in PROBE
    )
    yield (
        "Reading requires a token with the scope `read_api`, writing one with `api`. psbot retries queries after "
        "temporary errors; it never retries mutations."
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


def _fidelity() -> Iterator[str]:
    yield "# What psbot expects of GitLab"
    yield (
        "psbot was developed against its own sandbox. This page lists what it expects of a real GitLab, what confirms "
        "each expectation, and how `psbot doctor --probe GROUP` tries it on your server. The tests check the same "
        "list against the sandbox. Files are those of GitLab's source at the commit after the `@`, with the version "
        "where it is known. Source and documentation are not a server: run the probe on yours."
    )
    yield "## What the probe tries"
    yield "| expectation | confirmed by | what the probe does |\n| --- | --- | --- |\n" + "\n".join(
        f"| `{each.name}`: {_cell(each.sentence)} | {_cell(each.source)} | {_cell(each.step)} |"
        for each in EXPECTATIONS
    )
    yield "## What the probe does not try"
    yield "| expectation | confirmed by | why not |\n| --- | --- | --- |\n" + "\n".join(
        f"| `{each.name}`: {_cell(each.sentence)} | {_cell(each.source)} | {_cell(each.reason)} |"
        for each in ASSUMPTIONS
        if each.source
    )
    yield "## What nobody could confirm"
    yield (
        "No source, schema or documentation at hand says how GitLab behaves here. psbot is written so that it works "
        "either way, or says that it could not check."
    )
    yield "| expectation | how it could be seen |\n| --- | --- |\n" + "\n".join(
        f"| `{each.name}`: {_cell(each.sentence)} | {_cell(each.reason)} |"
        for each in ASSUMPTIONS
        if not each.source
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _text(paragraphs: Iterator[str]) -> str:
    return "\n\n".join([NOTE, *paragraphs]) + "\n"


if __name__ == "__main__":
    write()
