"""Where the repository and its files are, for tests."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
