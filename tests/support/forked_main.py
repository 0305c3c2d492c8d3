"""What runs in a forked process."""

import os
import sys
from collections.abc import Mapping, Sequence


def run(arguments: Sequence[str], environment: Mapping[str, str], errors: str) -> None:
    """Run psbot as a program that is started from a shell: nothing to read, and only errors are kept."""
    from psbot.cli import main

    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["psbot", *arguments]
    nothing, kept = os.open(os.devnull, os.O_RDWR), os.open(errors, os.O_WRONLY)
    for descriptor, standard in ((nothing, 0), (nothing, 1), (kept, 2)):
        os.dup2(descriptor, standard)
    main(list(arguments), prog_name="psbot")
