"""Turns exceptions into messages and exit codes; ``sys.exit`` occurs nowhere else."""

import gc
import os
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from psbot.errors import ExitCode, PsbotError

# How many new objects start a garbage collection when psbot is the whole process: imports make a hundred thousand
# objects that stay, and Python's own 700 would go through them again and again.
GC_THRESHOLD = 200_000


class PsbotGroup(click.Group):
    """The group of all commands: expected errors become messages, anything else is a bug with its traceback.

    A command is the module of its name in ``commands/``. It is imported when it is called, so that the others start
    fast.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the modules that are commands; a leading underscore excludes one."""
        del ctx
        stems = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent / "commands")]))
        return sorted(stem.replace("_", "-") for stem in stems if not stem.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command *cmd_name*; None where there is no module of its name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        stem = cmd_name.replace("-", "_")
        command = getattr(import_module(f"psbot.cli.commands.{stem}"), stem)
        assert isinstance(command, click.Command)  # noqa: S101  what such a module is for
        return command

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> Any:  # noqa: ANN401  click's own
        """Run and exit with the code that :class:`psbot.errors.Exit` gives."""
        extra["standalone_mode"] = False
        if args is None:
            gc.set_threshold(GC_THRESHOLD)
        try:
            code = super().main(args, **extra)
        except click.exceptions.Exit as stop:
            code = stop.exit_code
        except click.ClickException as error:
            error.show()
            code = ExitCode.INPUT
        except PsbotError as error:
            code = echo_error(error)
        except (click.Abort, KeyboardInterrupt):
            click.echo("psbot: interrupted", err=True)
            code = ExitCode.INTERRUPTED
        except BrokenPipeError:
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # or Python complains when it flushes
            code = ExitCode.DONE
        if args is None:
            gc.freeze()  # the process ends: nothing is left to collect, and looking costs as much as the work
        sys.exit(int(code or 0))


def echo_error(error: PsbotError) -> ExitCode:
    """Print *error* to stderr and return its exit code."""
    from psbot.core.text.escape import (
        replace_control_characters,  # here, because importing core/ would slow --help
    )

    text = replace_control_characters(str(error))
    click.echo(text if hasattr(error, "problems") else f"psbot: {text}", err=True)
    return error.exit_code
