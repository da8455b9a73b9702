"""Files are whole or absent, follow the umask, and leave no temporary files behind."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from npdeconv import _files
from npdeconv.cli.figures import make_folder
from tests.training.test_resume import run_to

KILLED = """
import os, signal, sys
from pathlib import Path
from npdeconv import _files
_files.replace(Path(sys.argv[1]), lambda file: os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no umask")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_files_follow_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        _files.write_arrays(tmp_path / "a.npz", {"x": np.zeros(2)})
    finally:
        os.umask(before)
    assert (tmp_path / "a.npz").stat().st_mode & 0o777 == mode


def kill_while_writing(path):
    process = subprocess.run([sys.executable, "-c", KILLED, path], cwd=Path(__file__).parents[1], check=False)
    assert process.returncode == -signal.SIGKILL
    (orphan,) = path.parent.glob(f".{path.name}.*")
    return orphan


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_resuming_removes_the_files_of_a_killed_run(tmp_path):
    run_to(tmp_path, epochs=1)
    (tmp_path / "snapshots").mkdir()
    names = ("checkpoint.npz", "weights.npz", "snapshots/epoch_0001.npz")
    orphans = [kill_while_writing(tmp_path / name) for name in names]
    others = [
        tmp_path / ".report.html.0123abcd.partial",
        tmp_path / ".checkpoint.npz.mine",
        tmp_path / "notes.partial",
    ]
    for path in others:  # another process may be writing the first
        path.touch()
    run_to(tmp_path, epochs=2, resume=True)
    assert not any(path.exists() for path in orphans)
    assert all(path.exists() for path in others)


def test_files_of_a_killed_command_are_removed_after_an_hour(tmp_path):
    old, new, own = (
        tmp_path / name for name in (".a.png.0123abcd.partial", ".b.png.0123abcd.partial", ".a.png")
    )
    for path in (old, new, own):
        path.touch()
        os.utime(path, (time.time() - 4000, time.time() - (4000 if path is not new else 10)))
    make_folder(tmp_path)
    assert not old.exists()
    assert new.exists()
    assert own.exists()
    _files.remove_orphans(tmp_path / "nowhere")


def test_tables_hold_no_formulas(tmp_path):
    cells = ["=1+1", "+x", "-x", "@SUM(A1)", "\tx", "a=b", "'quoted", -0.5, 3]
    numbers, others = ["-0.5", "-1e-07", "+3", "-12.25e+30"], ["-1+2", "-", "-1\t", "\t-1", "-1.", "-٣"]
    with _files.write_table(tmp_path / "t.csv", ["name", "=head"], [cells, numbers, others]).open(
        newline=""
    ) as file:
        header, row, as_numbers, guarded = csv.reader(file)
    assert (as_numbers, guarded) == (numbers, [f"'{text}" for text in others])
    assert header == ["name", "'=head"]
    assert row == ["'=1+1", "'+x", "'-x", "'@SUM(A1)", "'\tx", "a=b", "'quoted", "-0.5", "3"]
