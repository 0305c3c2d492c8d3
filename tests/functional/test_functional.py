"""The runner of python-gitlab's functional tests, and what it needs."""

import re
from pathlib import Path

import pytest

from tests.functional import run
from tests.support.paths import ROOT


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def test_source_is_of_the_release_that_the_product_runs_with() -> None:
    pinned = pins(ROOT / "requirements" / "runtime.txt")["python-gitlab"]
    assert pins(run.HERE / "source.txt") == {"python-gitlab": pinned}


def test_nothing_is_fetched_that_the_environment_has_already() -> None:
    assert not set(pins(run.HERE / "graphql.txt")) & set(pins(ROOT / "requirements" / "dev.txt"))


def test_functional_tests_of_python_gitlab_fail_only_where_that_is_listed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    source = run.unpacked()
    if source is None:
        pytest.skip("python-gitlab's source distribution is not here; make test-functional fetches it")
    assert run.run(source) == 0, capfd.readouterr().out
