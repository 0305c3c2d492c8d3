"""How long a person waits for psbot to begin: process start to end, side by side with bare Python processes."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PSBOT = str(Path(sys.executable).parent / "psbot")
ROUNDS = 21
# An installed psbot has its bytecode beside it, as every library here does; a checkout gets it in the first run,
# unless the environment forbids it. Without it, the compiler would be measured.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

BARE = {
    "python, import click": [sys.executable, "-c", "import click"],
    "python, import click, yaml, pydantic": [sys.executable, "-c", "import click, yaml, pydantic"],
    "python, the same, and pydantic's BaseModel": [
        sys.executable, "-c", "import click, yaml; from pydantic import BaseModel",
    ],
}  # fmt: skip
OURS = {
    "psbot --help": ([PSBOT, "--help"], ["python, import click"]),
    "psbot validate FILE": (
        [PSBOT, "validate", str(ROOT / "examples" / "acme-aws.yml")],
        ["python, import click, yaml, pydantic", "python, the same, and pydantic's BaseModel"],
    ),
}


def seconds(commands: dict[str, list[str]]) -> dict[str, float]:
    """Return the median time of each command; every round runs all of them, so that noise hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        _run(command)  # not counted: it writes the bytecode and warms the file cache
    for _ in range(ROUNDS):
        for name, command in commands.items():
            start = time.perf_counter()
            _run(command)
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in times.items()}


def _run(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT, check=True)


def table() -> str:
    """Return the measurement as Markdown."""
    measured = seconds(BARE | {name: command for name, (command, _) in OURS.items()})
    lines = ["| process | median ms | ratio |", "| --- | ---: | --- |"]
    lines += [f"| {name} | {measured[name] * 1000:.0f} | |" for name in BARE]
    for name, (_, rivals) in OURS.items():
        ratios = "; ".join(f"{measured[name] / measured[rival]:.2f} × {rival}" for rival in rivals)
        lines.append(f"| `{name}` | {measured[name] * 1000:.0f} | {ratios} |")
    return "\n".join(lines)
