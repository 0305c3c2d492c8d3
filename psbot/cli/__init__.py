"""The command line."""

import click


@click.group()
def main() -> None:
    """Turn an engagement file into a GitLab epic and carry it by labels."""
