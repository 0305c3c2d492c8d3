import os
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from psbot.config.loader import load_process
from psbot.core.model.process import Process
from tests.resilience.counting import Tally
from tests.support import wheel as wheels
from tests.support.paths import ROOT

# A busy machine is no defect: how long examples take is measured nowhere in the tests.
settings.register_profile("psbot", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("psbot")


def pytest_configure(config: pytest.Config) -> None:
    """Count the cases of the harness here, where one process of pytest hears of all tests."""
    # Tests are in no pipeline but the one they make up, also where a pipeline runs them.
    for name in [each for each in os.environ if each.startswith("CI_")]:
        del os.environ[name]

    def enumerated() -> dict[str, int]:
        from tests.resilience import rows

        return rows.enumerated()

    config.pluginmanager.register(Tally(config, ROOT / "tests" / "resilience", enumerated), "fault-cases")


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
