"""Two processes never train in one folder."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from npdeconv.cli import main
from npdeconv.training.lock import FolderLock
from tests.training.test_resume import files_in, run_to

HOLD = """
import sys
from pathlib import Path
from npdeconv.training.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path):
    """A run's folder in which another process trains, and that process."""
    run_to(tmp_path / "run", epochs=1)
    command = [sys.executable, "-c", HOLD, str(tmp_path / "run")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as other:
        assert other.stdout.readline() == b"held\n"
        yield tmp_path / "run", other
        other.kill()


def test_the_process_that_holds_a_folder_is_named_and_nothing_changes(held):
    run, other = held
    before = files_in(run)
    message = rf"run: process {other.pid} on {re.escape(socket.gethostname())}, since \d{{4}}-\d\d-\d\d \d\d:"
    with pytest.raises(BlockingIOError, match=rf"{message}.*, is training in this folder; wait until"):
        run_to(run, resume=True)
    assert files_in(run) == before


def test_the_folder_is_free_once_the_process_was_killed(held):
    run, other = held
    other.kill()
    other.wait()
    assert (run / "holder.json").exists()  # the killed process could not remove it
    *_, history = run_to(run, resume=True, epochs=2)
    assert history.epochs == 2
    assert not (run / "holder.json").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 3}', "[" * 100_000])
def test_an_unreadable_holder_is_called_another_process(held, text):
    run, _ = held
    (run / "holder.json").write_text(text)
    with pytest.raises(BlockingIOError, match=r"run: another process is training in this folder"):
        run_to(run, resume=True)


def test_the_holder_is_named_while_training_and_the_folder_is_free_after_any_end(tmp_path):
    seen = []

    def look(network, history):
        seen.append(json.loads((tmp_path / "holder.json").read_text()))
        with pytest.raises(BlockingIOError, match=rf"process {os.getpid()} on"):
            run_to(tmp_path, resume=True, epochs=1)  # the same process, but another training
        if history.epochs == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_to(tmp_path, callbacks=[look])
    assert [holder["pid"] for holder in seen] == [os.getpid()] * 2
    assert not (tmp_path / "holder.json").exists()
    assert run_to(tmp_path, resume=True)[2].epochs >= 2


def test_the_second_of_two_simultaneous_starts_is_refused(tmp_path, monkeypatch):
    acquire = FolderLock.acquire

    def overtaken(self):
        monkeypatch.setattr(FolderLock, "acquire", acquire)
        run_to(tmp_path, epochs=1)
        acquire(self)

    monkeypatch.setattr(FolderLock, "acquire", overtaken)
    with pytest.raises(FileExistsError, match=r"holds a training run already; resume it"):
        run_to(tmp_path)


def test_the_demo_keeps_out_of_a_folder_where_another_one_trains(tmp_path, capsys):
    arguments = ["demo", "--out", str(tmp_path), "--count", "40", "--epochs", "1", "--workers", "1"]
    (tmp_path / "run").mkdir()
    lock = FolderLock(tmp_path / "run")
    lock.acquire()
    assert main(arguments) == 2
    lock.release()
    assert f"process {os.getpid()} on" in capsys.readouterr().err
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"]


def test_a_folder_that_can_not_be_locked_is_named(tmp_path):
    (tmp_path / ".lock").mkdir()
    with pytest.raises(OSError, match=r"could not be locked \(.+\)$") as caught:
        FolderLock(tmp_path).acquire()
    assert str(caught.value).startswith(str(tmp_path))
