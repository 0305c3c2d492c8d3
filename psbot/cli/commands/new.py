"""``psbot new``: asks for an engagement and writes its file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from psbot.cli.context import App
from psbot.cli.options import option

Command = TypeVar("Command", bound=Callable[..., Any])

# By option: the question, which is also the option's help.
QUESTIONS = {
    "customer": "Customer's name",
    "sow": "Number of the statement of work",
    "engagement": "Key of the engagement (permanent)",
    "hosting": "Hosting, aws or on-prem",
    "contract": "Contract, fixed-fee or time-and-materials",
    "budget-hours": "Hours sold",
    "closed-won-on": "Closed Won date, none for a quote",
    "kick-off-on": "Kick-off date",
    "ends-on": "Planned end date",
    "time-zone": "Time zone, such as Europe/Berlin",
    "holidays": "Public holidays of, such as DE-BY, comma-separated",
    "group": "GitLab group of the epic, a subgroup for this customer alone, full path",
    "project": "GitLab project that the customer can see, full path",
    "internal-project": "GitLab project that the customer cannot see, full path",
    "shared-with-customer": "Members from the customer in the project, yes or no",
    "manager": "GitLab username of the manager",
    "engineers": "GitLab usernames of the engineers, comma-separated, the lead first; or none",
    "calls": "Customer calls, such as week tuesday 10:00 45; or none",
    "standups": "Standups, such as day 09:15 or week 15:00; or none",
}


def answer_options(command: Command) -> Command:
    """Add one option per question to *command*, in their order."""
    for name, question in reversed(QUESTIONS.items()):
        command = option(f"--{name}", metavar="ANSWER", help=f"{question}.")(command)
    return command


@click.command(short_help="Ask for an engagement and write its file.")
@answer_options
@option("--out", type=click.Path(path_type=Path), help="File to write; default: engagements/KEY.yml.")
@click.pass_obj
def new(app: App, /, out: Path | None, **given: str | None) -> None:
    """Ask for an engagement and write a valid engagement file.

    You are not asked for what you give as an option. An existing file is never overwritten.
    """
    from psbot.engagements.interview import Interview, write_new_file

    interview = Interview(
        app.process, app.now, {name.replace("_", "-"): text for name, text in given.items()}
    )
    text = interview.conduct(QUESTIONS, _ask)
    file = out or Path("engagements") / f"{interview.answers['engagement']}.yml"
    write_new_file(file, text)
    click.echo(f"psbot: wrote {file}; next: psbot plan --offline {file}", err=True)


def _ask(question: str, default: str | None, complaint: str | None) -> str | None:
    """Ask a person; None at the end of input."""
    if complaint:
        click.echo(f"  {complaint}", err=True)
    click.echo(f"{question}{f' [{default}]' if default is not None else ''}: ", nl=False, err=True)
    try:
        return input().strip() or default or ""
    except EOFError:
        click.echo(err=True)
        return None
