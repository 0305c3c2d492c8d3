"""A whole run that leaves out a case of the harness fails, and says which; a part of it may be run by hand."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.resilience.histories import history
from tests.resilience.patterns import Case, cases, kind_of
from tests.resilience.rows import KILLS, MATRIX, Row, enumerated, operation_of, row, sampled, sampled_kills
from tests.support.paths import ROOT
from tests.support.sample import COMPLETE, Sample

PROJECT = '[tool.pytest]\ntestpaths = ["tests"]\naddopts = ["-p", "no:cacheprovider", "-m", "not browser"]\nmarkers = ["browser"]\n'
CONFTEST = """
from pathlib import Path
from tests.resilience.counting import Tally

def pytest_configure(config):
    rows = {"faults: one": 3, "faults: two": 4, "kills: one": 1}
    config.pluginmanager.register(Tally(config, Path(__file__).parent / "harness", lambda: rows))
"""
HARNESS = """
import pytest

@pytest.mark.parametrize(("row", "played"), [("faults: one", 3), ("faults: two", 4), ("kills: one", 1)])
def test_rows(row, played, request):
    request.node.user_properties.append(("cases played", (row, played)))
"""
TESTS = {"faults": "matrix", "kills": "kills"}
WHOLE = "faults: 7 of 7 cases played\nkills: 1 of 1 cases played\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small harness that is counted in the same way."""
    harness = tmp_path / "tests" / "harness"
    harness.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "tests" / "conftest.py").write_text(CONFTEST)
    (tmp_path / "tests" / "test_other.py").write_text("def test_other(): pass\n")
    (harness / "test_harness.py").write_text(HARNESS)
    return tmp_path


def ran(project: Path, *arguments: str) -> tuple[int, str]:
    """Return the exit code and output of pytest with the product's own checkout on its path."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "xdist", *arguments],
        cwd=project,
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize("how", [(), ("-n", "2"), ("tests",), ("tests/harness",), (".",)])
def test_whole_run_says_how_many_cases_were_played(project: Path, how: tuple[str, ...]) -> None:
    code, said = ran(project, *how)
    assert (code, WHOLE in said, "left out" in said) == (0, True, False), said


LEAVING_OUT = {
    "a row deselected": ("--deselect", "tests/harness/test_harness.py::test_rows[faults: two-4]"),
    "a file ignored": ("--ignore", "tests/harness"),
}


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["one process", "two processes"])
@pytest.mark.parametrize("what", LEAVING_OUT)
def test_whole_run_fails_when_it_leaves_out_a_row(
    project: Path, what: str, processes: tuple[str, ...]
) -> None:
    code, said = ran(project, *LEAVING_OUT[what], *processes)
    assert (code, "this run has to play every case" in said, "faults: two" in said) == (1, True, True), said


CHANGED = {
    "a row skipped": ('("faults: two", 4)', 'pytest.param("faults: two", 4, marks=pytest.mark.skip)'),
    "a row dropped": (', ("faults: two", 4)', ""),
    "a case not played": ('("faults: two", 4)', '("faults: two", 3)'),
}


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["one process", "two processes"])
@pytest.mark.parametrize("what", CHANGED)
def test_whole_run_fails_when_a_test_plays_less_than_the_code_enumerates(
    project: Path, what: str, processes: tuple[str, ...]
) -> None:
    before, after = CHANGED[what]
    assert before in HARNESS
    (project / "tests" / "harness" / "test_harness.py").write_text(HARNESS.replace(before, after))
    code, said = ran(project, *processes)
    assert (code, "this run has to play every case" in said, "faults: two" in said) == (1, True, True), said


PARTS = {
    "one file": (("tests/harness/test_harness.py",), True),
    "one row": (("tests/harness/test_harness.py::test_rows[faults: two-4]",), True),
    "rows by their name": (("-k", "two"), True),
    "tests by their mark": (("-m", "not browser or browser"), True),
    "another file": (("tests/test_other.py",), False),
}


@pytest.mark.parametrize("what", PARTS)
def test_part_of_the_harness_can_be_run_by_hand(project: Path, what: str) -> None:
    arguments, is_counted = PARTS[what]
    code, said = ran(project, *arguments)
    assert (code, " of 7 cases played" in said, "left out" in said) == (0, is_counted, False), said


def test_run_of_the_product_is_counted_and_every_row_is_enumerated_once(pytestconfig: pytest.Config) -> None:
    if not hasattr(pytestconfig, "workerinput"):
        assert pytestconfig.pluginmanager.has_plugin("fault-cases")
    assert len(enumerated()) == len(MATRIX) + len(KILLS)
    assert row("faults", "new", "502 after") in enumerated()
    assert all(enumerated().values())


def test_page_on_reliability_names_the_number_of_cases() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    for table in TESTS:
        number = sum(count for name, count in enumerated().items() if name.startswith(f"{table}: "))
        (cases,) = re.findall(rf"test_{TESTS[table]}\.py` \| ([0-9,]+) \|", page)
        assert cases == f"{number:,}"


A_FEW_SEEDS = range(739_000, 739_020)


def kinds(chosen: Mapping[Row, Sequence[Case]]) -> set[tuple[str, str]]:
    """Return the operations with the kinds of faults that they are played with."""
    return {
        (operation_of(name, case), kind_of(pattern))
        for (name, pattern), played in chosen.items()
        for case in played
    }


@pytest.mark.parametrize("seed", A_FEW_SEEDS)
def test_sample_has_every_row_and_every_operation_with_every_kind_of_fault(seed: int) -> None:
    chosen = sampled(Sample(seed))
    assert set(chosen) == set(MATRIX)
    assert all(chosen.values())
    assert kinds(chosen) == kinds(sampled(COMPLETE))
    assert len(kinds(chosen)) > 200
    assert sum(map(len, chosen.values())) < sum(map(len, sampled(COMPLETE).values())) / 6


@pytest.mark.parametrize("seed", A_FEW_SEEDS)
def test_sample_kills_a_process_before_and_after_every_operation(seed: int) -> None:
    def operations(sample: Sample) -> set[tuple[str, str]]:
        return {
            (each.operation, when) for (_, when), all_of in sampled_kills(sample).items() for each in all_of
        }

    assert set(sampled_kills(Sample(seed))) == set(KILLS)
    assert all(sampled_kills(Sample(seed)).values())
    assert operations(Sample(seed)) == operations(COMPLETE)


def test_samples_of_seeds_that_follow_each_other_have_all_cases_together() -> None:
    for name, pattern in MATRIX:
        played = [case for seed in A_FEW_SEEDS for case in sampled(Sample(seed))[name, pattern]]
        complete = cases(pattern, history(name).requests)
        assert sampled(COMPLETE)[name, pattern] == complete
        assert all(case in played for case in complete)
    for each in KILLS:
        killed = {entry for seed in A_FEW_SEEDS for entry in sampled_kills(Sample(seed))[each]}
        assert killed == set(history(each[0]).requests) == set(sampled_kills(COMPLETE)[each])
