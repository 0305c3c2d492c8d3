"""Counts what was played of the harness, over all processes of pytest; a whole run that left something out fails."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import pytest

PLAYED = "cases played"
_SAID = 5


class Tally:
    """A plugin of pytest: what was played of the rows that the tests in ``folder`` have to play.

    A run is whole when it was asked for all of the folder: nothing was chosen by a word (``-k``, ``-m``,
    ``--last-failed``). Then every case of every row must have been played, whatever kept it from that.
    """

    def __init__(
        self, config: pytest.Config, folder: Path, enumerated: Callable[[], Mapping[str, int]]
    ) -> None:
        self._config = config
        self._folder = folder
        self._enumerated = enumerated
        self._played: dict[str, int] = {}
        self._wanted: Mapping[str, int] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == PLAYED and report.when == "call":
                row, played = cast("tuple[str, int]", value)
                self._played[row] = played

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._played or self._is_whole:
            self._wanted = self._enumerated()
        if self._is_whole and self._left_out and session.exitstatus in _WELL:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._wanted:
            return
        played, wanted = _by_table(self._played), _by_table(self._wanted)
        for table in wanted:
            terminalreporter.write_line(f"{table}: {played[table]} of {wanted[table]} cases played")
        if self._is_whole and self._left_out:
            said = "; ".join(self._left_out[:_SAID])
            more = f"; and {len(self._left_out) - _SAID} rows more" if len(self._left_out) > _SAID else ""
            terminalreporter.write_line(
                f"this run has to play every case; left out are {said}{more}", red=True
            )

    @property
    def _left_out(self) -> list[str]:
        return [row for row, count in self._wanted.items() if self._played.get(row, 0) < count]

    @property
    def _is_whole(self) -> bool:
        option = self._config.option
        chosen = option.keyword or option.collectonly or getattr(option, "lf", False)
        chosen = chosen or (option.markexpr and option.markexpr not in self._config.getini("addopts"))
        start = self._config.invocation_params.dir
        return not chosen and any(
            self._folder.is_relative_to((start / each).resolve()) for each in self._config.args
        )


_WELL = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def _by_table(rows: Mapping[str, int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row, count in rows.items():
        counts[row.partition(":")[0]] += count
    return counts
