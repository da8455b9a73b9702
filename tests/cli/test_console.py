"""The command line with unusual streams, consoles and backends."""

import os
import subprocess
import sys

import pytest

INFO = ("info", "deck_model3")


def run_module(*arguments, code=None, shell="", cwd=None, **environment):
    """Run `python -m npdeconv`, or some code, in a new process, with redirections by the shell."""
    start = ["-m", "npdeconv"] if code is None else ["-c", code]
    command = ["sh", "-c", f'exec "$@" {shell}', "sh", sys.executable, *start, *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env)


def test_the_package_is_a_command():
    done = run_module("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("npdeconv ")


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "qtagg"])
def test_the_backend_of_a_notebook_is_not_ours(backend):
    done = run_module("top", "nowhere", MPLBACKEND=backend)
    assert done.returncode == 2
    assert done.stderr.startswith("npdeconv: nowhere: expected the folder of a training run, ")


TRAIN = """
import sys
from npdeconv.cli import datasets, main
datasets.STROKES.update(train=(40, 0), test=(20, 1))
sys.exit(main(["train", "deck_model4", "--data", "strokes", "--epochs", "1", "--run", "run"]))
"""


@pytest.mark.parametrize("shell", ["2>&-", "2>/dev/full", "0<&- 2>&-"])
def test_a_closed_or_full_stderr_ends_no_training(shell, tmp_path):
    done = run_module(code=TRAIN, shell=shell, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "cross-entropy" in done.stdout
    assert (tmp_path / "run" / "snapshots" / "epoch_0001.npz").is_file()


@pytest.mark.parametrize("shell", ["2>&-", "2>/dev/full"])
def test_errors_keep_their_status_where_they_can_not_be_told(shell):
    assert run_module("info", "nonsense", shell=shell).returncode == 2


def test_no_file_gets_the_number_of_a_closed_stream(tmp_path):
    code = """
import os, sys
from npdeconv.cli import console
console.mend_streams()
with open("mine", "w") as file:
    assert file.fileno() > 2
    print("nobody reads this")
    print("nor this", file=sys.stderr)
"""
    assert run_module(code=code, shell="0<&- >&- 2>&-", cwd=tmp_path).returncode == 0
    assert (tmp_path / "mine").read_text() == ""


def test_what_a_full_disk_does_not_take_is_one_sentence():
    done = run_module(*INFO, shell=">/dev/full")
    assert done.returncode == 2
    assert done.stderr == "npdeconv: [Errno 28] No space left on device\n"


@pytest.mark.parametrize("module", ["numba", "matplotlib", "PIL", "npdeconv.cli.top"])
def test_ctrl_c_during_imports_is_one_word(module):
    code = f"""
import sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
from npdeconv.cli import main
sys.exit(main(["top", "nowhere"]))
"""
    done = run_module(code=code)
    assert (done.returncode, done.stderr) == (130, "npdeconv: interrupted\n")


PRINT = """
import sys
from npdeconv.cli import console
console.mend_streams()
print("50.0% \\u00b1 1.2", "caf\\u00e9", "\\udcff")
print("\\u00b1", file=sys.stderr)
console.complain("a\\nb \\x1b[2J")
"""


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
)
def test_a_console_without_a_letter_prints_its_number(environment):
    done = run_module(code=PRINT, **environment)
    assert done.stdout == "50.0% \\xb1 1.2 caf\\xe9 \\udcff\n"
    assert done.stderr == "\\xb1\nnpdeconv: a\\nb \\x1b[2J\n"
