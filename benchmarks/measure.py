"""Whole processes, timed from outside: what a user waits for, and the most memory it takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
ARCHDSL = (sys.executable, "-m", "archdsl")

Command = Sequence[str]


class Cost(NamedTuple):
    """Of several runs of one command: seconds, and the peak of the resident memory in MiB."""

    best: float
    median: float
    peak: float


def measure(commands: Mapping[str, Command], repeat: int, **environment: str) -> dict[str, Cost]:
    """Run each command so many times, in turns, so that a busy moment of the machine hits them alike."""
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(repeat):
        for name, command in commands.items():
            runs[name].append(run(command, environment))
    return {
        name: Cost(min(times), median(times), max(peaks))
        for name, each in runs.items()
        for times, peaks in [zip(*each, strict=True)]
    }


def run(command: Command, environment: Mapping[str, str] | None = None) -> tuple[float, float]:
    """Seconds and MiB of one process; it must succeed."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env={**_ENVIRONMENT, **(environment or {})}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)  # Linux counts from the peak of this process, 14 MiB or so
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"this failed: {' '.join(command)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_maxrss * unit / 2**20


_ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),  # tests/oracle.py imports torchvision
    "PYTHONDONTWRITEBYTECODE": "",  # what is installed is compiled already
}
