"""``python -m psbot``: the same as ``psbot``."""

from psbot.cli import main

if __name__ == "__main__":
    main(prog_name="psbot")
