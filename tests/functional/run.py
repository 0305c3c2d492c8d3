"""Runs python-gitlab's own functional tests of epics, issues, GraphQL and groups against the sandbox.

They are in its source distribution, which is fetched once, checked by its hash and unpacked below ``build/``;
none of its code is in this repository. ``make test-functional`` runs this.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / "build" / "functional"
LIBRARIES = CACHE / "lib"
SUITES = ("test_epics.py", "test_issues.py", "test_graphql.py", "test_groups.py")
# What their docker fixtures would do is done by ours, next to the tests, where pytest finds it first.
OURS = {"fixtures.py": "conftest.py", "exceptions.yml": "exceptions.yml"}


def unpacked() -> Path | None:
    """Return the folder of the unpacked source distribution; None where it was not fetched yet."""
    found = sorted(CACHE.glob("python_gitlab-*/tests/functional/api"))
    return found[-1].parents[2] if found and LIBRARIES.exists() else None


def fetch() -> Path:
    """Fetch and unpack the source distribution and what its GraphQL client needs; raises CalledProcessError."""
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    pinned = ["--no-deps", "--require-hashes"]
    source = ["--no-binary", "python-gitlab", "--dest", str(CACHE), "-r", str(HERE / "source.txt")]
    subprocess.run([*pip, "download", *pinned, *source], check=True)
    for archive in CACHE.glob("*.tar.gz"):
        with tarfile.open(archive) as packed:
            packed.extractall(CACHE, filter="data")
    target = ["--target", str(LIBRARIES), "-r", str(HERE / "graphql.txt")]
    subprocess.run([*pip, "install", *pinned, *target], check=True)
    found = unpacked()
    assert found, "the source distribution has no functional tests"
    return found


def run(source: Path) -> int:
    """Run the tests of *source* and return pytest's exit code: 0 when what fails is what exceptions.yml lists."""
    tests = source / "tests" / "functional" / "api"
    for ours, name in OURS.items():
        shutil.copyfile(HERE / ours, tests / name)
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(LIBRARIES), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*command, *(str(tests / name) for name in SUITES)], cwd=source, env=environment, check=False
    ).returncode


def main() -> int:
    """Fetch what is missing, run, and return the exit code."""
    source = unpacked()
    if source is None:
        try:
            source = fetch()
        except subprocess.CalledProcessError:
            shutil.rmtree(CACHE, ignore_errors=True)
            sys.stderr.write(
                "python-gitlab's source distribution could not be fetched, so its functional tests did not run; "
                "see what pip says above, and run make test-functional again where the package index is reached\n"
            )
            return 1
    return run(source)


if __name__ == "__main__":
    sys.exit(main())
