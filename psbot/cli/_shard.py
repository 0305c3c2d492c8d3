"""A part of the engagement files, for jobs that run side by side."""

import re
from dataclasses import dataclass
from typing import TypeVar

import click

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Shard:
    """The ``number``-th of ``total`` parts, counted from 1."""

    number: int = 1
    total: int = 1

    def of(self, things: list[Thing]) -> list[Thing]:
        """Return this part of *things*: every ``total``-th, so that the parts are about as large."""
        return things[self.number - 1 :: self.total]


WHOLE = Shard()


class ShardType(click.ParamType[Shard]):
    """``2/5``, as GitLab counts parallel jobs: CI_NODE_INDEX/CI_NODE_TOTAL."""

    name = "shard"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        """Return *value* as a shard."""
        if isinstance(value, Shard):
            return value
        match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", str(value), re.ASCII)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            self.fail(f"{value!r} is no part of a whole; write it as 2/5", param, ctx)
        return Shard(int(match[1]), int(match[2]))
