"""How long do the import and the first step take, with kernels not yet compiled and in a second process?"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from benchmarks.contest import Contest
from benchmarks.records import Record
from benchmarks.timing import seconds_of

IMPORTS = {"npdeconv": "npdeconv", "PyTorch": "torch", "Keras": "keras", "Captum": "captum.attr"}
FIRST_STEP = """
import numpy as np
from npdeconv import data, models, optimizers, training
digits = data.load_strokes(128)
rng = np.random.default_rng(0)
next(training.train(models.deck_model2(rng=rng), digits, optimizers.SGD(0.01, momentum=0.9),
                    epochs=1, batch_size=128, rng=rng))
"""


def measure(contest: Contest) -> list[Record]:
    """Measure whole processes, minus the time of an idle interpreter."""
    settings = contest.settings
    rounds = settings.pick(tiny=1, quick=3, full=7)
    libraries = ["npdeconv", *settings.peers]
    records = [Record("startup", "import", library, "", "s", []) for library in libraries]
    for _ in range(rounds):
        nothing = _seconds("pass")[0]
        for record in records:
            record.values.append(_seconds(f"import {IMPORTS[record.library]}")[0] - nothing)
    steps = [] if settings.size == "tiny" else _first_steps(rounds)
    for group in (records, *([step] for step in steps)):
        contest.tell(group)
    return records + steps


def _first_steps(rounds: int) -> list[Record]:
    """Take a first step with an empty cache of compiled kernels, and again with a filled one."""
    cold = Record("startup", "first step, kernels not yet compiled", "npdeconv", "", "s", [])
    warm = Record("startup", "first step, second process", "npdeconv", "", "s", [])
    with tempfile.TemporaryDirectory() as cache:
        seconds, said = _seconds(FIRST_STEP, {"NUMBA_CACHE_DIR": cache})
        cold.values.append(seconds)
        cold.facts["said"] = said.splitlines()[:1]
        warm.values += [_seconds(FIRST_STEP, {"NUMBA_CACHE_DIR": cache})[0] for _ in range(rounds)]
    return [cold, warm]


def _seconds(program: str, variables: Mapping[str, str] | None = None) -> tuple[float, str]:
    """Run a program in a new process; return its seconds and its output on stderr."""
    environment = {**os.environ, **(variables or {})}

    def run() -> str:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return done.stderr

    return seconds_of(run)
