from datetime import datetime
from pathlib import Path

import pytest

from psbot.core.process import Process
from psbot.process import load_process

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def process() -> Process:
    """The process as it ships."""
    return load_process(ROOT / "config")


@pytest.fixture
def monday() -> datetime:
    """A Monday before the kick-off of the AWS example."""
    return datetime.fromisoformat("2026-11-23T09:00+01:00")
