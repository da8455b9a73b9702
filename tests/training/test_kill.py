"""SIGKILL in the middle of an epoch loses only the steps since the last checkpoint."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from npdeconv import weights
from tests.tiny import assert_same_bits, tiny_network


def run(folder, out, workers=1):
    command = [sys.executable, "-m", "tests.killed_run", str(folder), str(out), str(workers)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2])


def finish(folder, out, workers=1):
    assert run(folder, out, workers).wait(60) == 0
    with np.load(out) as file:
        return dict(file)


def position(folder):
    """Return (epoch, finished steps) of the last checkpoint, (0, 0) before the first."""
    path = folder / "checkpoint.npz"
    if not path.exists():
        return 0, 0
    with np.load(path) as file:
        return tuple(file["counts"][1:3].tolist())


def kill_in(folder, epoch, workers):
    """Start or resume the run, and kill it after a checkpoint in the middle of an epoch."""
    process = run(folder, "-", workers)
    until = time.monotonic() + 60
    while not (position(folder)[0] == epoch and position(folder)[1] >= 2):
        assert process.poll() is None, "the run ended before it was killed"
        assert time.monotonic() < until
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert position(folder)[0] == epoch
    assert position(folder)[1] > 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_twice_and_resumed_with_other_workers(tmp_path):
    whole = finish(tmp_path / "whole", tmp_path / "whole.npz")
    kill_in(tmp_path / "killed", 2, workers=1)
    weights.load(tiny_network(), tmp_path / "killed" / "weights.npz")
    kill_in(tmp_path / "killed", 3, workers=2)
    resumed = finish(tmp_path / "killed", tmp_path / "resumed.npz", workers=3)
    assert_same_bits(resumed, whole)
    assert len(whole["loss"]) == 4
