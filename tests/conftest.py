from datetime import datetime
from pathlib import Path

import pytest

from psbot.core.process import Process
from psbot.process import load_process
from tests import wheel as wheels

ROOT = Path(__file__).parent.parent


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
