import os
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from psbot.config.loader import load_process
from psbot.core.model.process import Process
from psbot.sandbox.state.answers import AnswerCache
from tests.resilience.counting import Tally
from tests.support import wheel as wheels
from tests.support.paths import ROOT
from tests.support.sample import SAMPLE, THIS_RUN, Sample, seed_of

# A busy machine is no defect: how long examples take is measured nowhere in the tests.
settings.register_profile("psbot", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("psbot")


# What takes longest is begun first, so that no process is left alone with it at the end.
LONGEST_FIRST = ("tests/resilience/", "tests/scenarios/test_life.py", "tests/injection/")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("psbot", "what this run plays of the largest tables of cases")
    group.addoption("--cases-seed", type=int, help="play the sample of this seed (default: that of the day)")
    group.addoption("--all-cases", action="store_true", help="play every case, not a sample")
    group.addoption(
        "--fresh-answers", action="store_true", help="let the sandbox remember no answers between writes"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose the cases to play, and count them here, where one process of pytest hears of all tests."""
    if config.option.cases_seed is None:  # in the processes of xdist it is given
        config.option.cases_seed = seed_of(os.environ, date.today())  # noqa: DTZ011, TID251 (any day)
    sample = config.stash[SAMPLE] = Sample(config.option.cases_seed, is_complete=config.option.all_cases)
    THIS_RUN.is_complete = sample.is_complete
    AnswerCache.is_enabled = not config.option.fresh_answers
    # Tests are in no pipeline but the one they make up, also where a pipeline runs them.
    for name in [each for each in os.environ if each.startswith("CI_")]:
        del os.environ[name]

    def enumerated() -> dict[str, int]:
        from tests.resilience import rows

        return rows.enumerated(sample)

    config.pluginmanager.register(Tally(config, ROOT / "tests" / "resilience", enumerated), "fault-cases")


def pytest_report_header(config: pytest.Config) -> str:
    return f"cases: {config.stash[SAMPLE]}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        places = [place for place, start in enumerate(LONGEST_FIRST) if item.nodeid.startswith(start)]
        return min(places, default=len(LONGEST_FIRST))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def sample(pytestconfig: pytest.Config) -> Sample:
    """The cases that this run plays of the largest tables."""
    return pytestconfig.stash[SAMPLE]


@pytest.fixture(scope="session")
def process() -> Process:
    """The process as it ships."""
    return load_process(ROOT / "config")


@pytest.fixture
def monday() -> datetime:
    """A Monday before the kick-off of the AWS example."""
    return datetime.fromisoformat("2026-11-23T09:00+01:00")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return wheels.built(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a clean environment with the wheel in it."""
    return wheels.installed(wheel, tmp_path_factory.mktemp("installed"))
