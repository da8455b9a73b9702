"""Answers that misbehave: each is told in a sentence, without a traceback of the package."""

import re
import time

import numpy as np
import pytest

from npdeconv import learn
from npdeconv.learn import guard
from npdeconv.learn.common import COMMON
from npdeconv.learn.compare import numbers, parts, same
from npdeconv.learn.exercise import Wrong, find
from npdeconv.learn.process import examine_file

UNPOOL = find("3.2")


def examined(tmp_path, source):
    path = tmp_path / UNPOOL.file_name
    path.write_text(source, encoding="utf-8")
    verdict = examine_file(UNPOOL, path)
    assert not verdict.passed
    assert "Traceback" not in str(verdict)
    assert "npdeconv/learn" not in str(verdict)
    return verdict, verdict.shown[verdict.failed_idea]


FILES = {
    "def unpool(y, switches, shape:\n    pass": (
        "your file can be read and run",
        r"^your code is no Python: .*\n  line 1: def unpool\(y, switches, shape:$",
    ),
    "import numpy as np\nnp.nonsense": (
        "your file can be read and run",
        r"^your code raised AttributeError: .*'nonsense'.*\n  line 2, in <module>: np.nonsense$",
    ),
    "def pool(): pass": ("your file can be read and run", r"^e3_2_unpool\.py defines no function unpool$"),
    "unpool = [1]": ("your file can be read and run", r"^unpool must be a function, yours is \[1\]$"),
    "import sys\nsys.exit(0)": ("your file can be read and run", r"^your code ends Python with exit\(\)"),
    "import os\nos._exit(0)": ("your file can be read and run", r"ended Python itself, with status 0$"),
    "def unpool(y, switches, shape):\n    exit()": (
        "your file can be read and run",
        r"^unpool\(array of shape \(1, 2, 2, 1\), .*, \(1, 4, 4, 1\)\) ends Python with exit\(\)",
    ),
    "def unpool(y, switches, shape):\n    raise NotImplementedError": (
        "there is something to test",
        r"^unpool\(.*\) is not written yet",
    ),
    "def unpool(y, switches):\n    return y": (
        "each value goes to its switch, zeros elsewhere",
        r"^unpool\(.*\) raised TypeError: unpool\(\) takes 2 positional arguments but 3 were given$",
    ),
    "def put(x):\n    return x[7]\ndef unpool(y, switches, shape):\n    return put([1])": (
        "each value goes to its switch, zeros elsewhere",
        r"raised IndexError: .*\n  line 4, in unpool: return put\(\[1\]\)\n  line 2, in put: return x\[7\]$",
    ),
    "def unpool(y, switches, shape):\n    pass": (
        "each value goes to its switch, zeros elsewhere",
        r"in 4x4 pixels is None: does your function end with `return`\?$",
    ),
    "def unpool(y, switches, shape):\n    return 'x'": (
        "each value goes to its switch, zeros elsewhere",
        r"in 4x4 pixels must be an array of numbers, yours is 'x'$",
    ),
    "def unpool(y, switches, shape):\n    return y / 0": (
        "each value goes to its switch, zeros elsewhere",
        r"in 4x4 pixels holds inf at \[0, 0, 0, 0\]$",
    ),
}


@pytest.mark.parametrize("source", FILES, ids=range(len(FILES)))
def test_what_a_file_does_is_told_in_a_sentence(tmp_path, source):
    idea, message = FILES[source]
    verdict, shown = examined(tmp_path, source)
    assert verdict.failed_idea == idea
    assert re.search(message, shown, re.DOTALL), shown


def in_unpool(code):
    return f"import itertools, time\ndef unpool(y, switches, shape):\n    {code}"


@pytest.mark.parametrize(
    ("loop", "line"),
    [
        ("while True: pass", r"\n  line 3, in unpool: while True: pass$"),
        ("sum(itertools.repeat(0))", "$"),  # in C, where Python looks at no alarm
        (
            "try:\n        while True: pass\n    except:\n        unpool(y, switches, shape)",
            "",
        ),  # catches the alarm
    ],
)
def test_an_endless_loop_is_ended(tmp_path, monkeypatch, loop, line):
    monkeypatch.setattr(guard, "LIMIT", 1)
    monkeypatch.setattr("npdeconv.learn.process.GRACE", 1.0)
    verdict, shown = examined(tmp_path, in_unpool(loop))
    assert verdict.failed_idea == "it comes to an end"
    assert re.search(r"did not end within 1 seconds of computing" + line, shown), shown


@pytest.mark.parametrize(
    ("wait", "grace", "line"),
    [
        ("time.sleep(60)", 60, r"\n  line 3, in unpool: time\.sleep\(60\)$"),
        # Without the alarm.
        ("import signal; signal.setitimer(signal.ITIMER_REAL, 0); time.sleep(60)", 2, "$"),
    ],
)
def test_what_waits_for_ever_is_ended(tmp_path, monkeypatch, wait, grace, line):
    monkeypatch.setattr(guard, "PATIENCE", 1.0)
    monkeypatch.setattr("npdeconv.learn.process.GRACE", grace)
    verdict, shown = examined(tmp_path, in_unpool(wait))
    assert verdict.failed_idea == "it comes to an end"
    assert re.search(r"did not end within 1 seconds by the clock" + line, shown), shown


def test_time_that_others_take_is_not_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(guard, "LIMIT", 1)
    _, shown = examined(tmp_path, in_unpool("time.sleep(1.5); return y"))
    assert "has the wrong shape" in shown
    verdict = learn.test("3.2", slow_but_idle)
    assert "has the wrong shape" in verdict.shown[verdict.failed_idea]


def slow_but_idle(y, switches, shape):
    time.sleep(1.5)
    return y


def test_what_it_prints_is_shown_up_to_a_limit(tmp_path):
    source = "print('begin')\ndef unpool(y, switches, shape):\n    while True: print('on and on')"
    verdict, _ = examined(tmp_path, source.replace("while True", "for _ in range(10**5)"))
    assert verdict.printed.startswith("begin\non and on\n")
    assert len(verdict.printed) <= 4000
    assert "  your code printed:\n    begin\n    on and on\n" in str(verdict)


HEAD = "def unpool(y, switches, shape):\n"
CHEATS = {
    "import npdeconv as nd": "npdeconv",
    "from npdeconv.plain import MaxPool": r"npdeconv\.plain",
    "from scipy import ndimage": "scipy",
    "import scipy.signal": r"scipy\.signal",
    "torch = __import__('torch')": "torch",
    "import importlib\nf = importlib.import_module('npdeconv.layers')": r"npdeconv\.layers",
    "import helper": r"npdeconv\.\w+",
}


SOURCES = [f"{cheat}\n{HEAD}    return y" for cheat in CHEATS]
SOURCES += [HEAD + cheat.replace("\n", "\n    ").join(["    ", "\n    return y"]) for cheat in CHEATS]
# A helper that a function imports comes too late to be looked at: this is no jail.
SOURCES.remove(f"{HEAD}    import helper\n    return y")


@pytest.mark.parametrize("source", SOURCES)
def test_who_takes_the_finished_operation_is_told(tmp_path, source):
    (tmp_path / "helper.py").write_text("from npdeconv import layers")
    taken = next(name for cheat, name in CHEATS.items() if cheat.partition("\n")[0] in source)
    verdict, shown = examined(tmp_path, source)
    assert verdict.failed_idea == "it is your own work, in plain NumPy"
    assert re.match(rf"the code takes {taken}; exercises are in plain NumPy, where \w+ ", shown), shown


def test_other_files_of_the_learner_and_the_standard_library_may_be_used(tmp_path):
    (tmp_path / "e3_1_max_pool.py").write_text(
        "import math, itertools, numpy\ndef zeros(shape): return numpy.zeros(shape)"
    )
    verdict, _ = examined(
        tmp_path, "from e3_1_max_pool import zeros\ndef unpool(y, switches, shape): return zeros(shape)"
    )
    assert verdict.failed_idea == "each value goes to its switch, zeros elsewhere"


def borrowed(y, switches, shape):
    return _maps(y)


def _maps(y):
    return same("y", y, y)  # of npdeconv


def closed_over():
    help_me = numbers
    return lambda y, switches, shape: help_me("y", y)


class Caller:
    def __call__(self, y, switches, shape):
        return parts(y)


@pytest.mark.parametrize("answer", [borrowed, closed_over(), same, Caller], ids=lambda one: one.__name__)
def test_functions_of_a_notebook_are_looked_through_as_well(answer):
    verdict = learn.test("3.2", answer)
    assert verdict.failed_idea == "it is your own work, in plain NumPy"
    assert "npdeconv has the answer ready" in str(verdict)


def endless(y, switches, shape):
    while True:
        pass


def test_an_endless_loop_of_a_notebook_is_ended(monkeypatch):
    monkeypatch.setattr(guard, "LIMIT", 1)
    verdict = learn.test("3.2", endless)
    assert verdict.failed_idea == "it comes to an end"
    assert "did not end within 1 seconds of computing" in str(verdict)
    assert re.search(r"line \d+, in endless: (while True:|pass)", str(verdict))


def changes_the_shape(y, switches, shape):
    y.shape = (-1,)
    return y


def test_any_change_of_an_input_is_found():
    verdict = learn.test("3.2", changes_the_shape)
    assert verdict.failed_idea == "the inputs stay as they are"
    assert "unpool changes its argument `y`; work on a copy" in str(verdict)
    assert "its argument number 1;" in str(learn.test("3.2", lambda *given: changes_the_shape(*given)))


def test_the_number_of_functions_is_checked():
    with pytest.raises(TypeError, match=r"^test: exercise 3\.2 asks for unpool, got 2 functions$"):
        learn.test("3.2", endless, endless)


def test_numbers_stand_side_by_side_and_stars_mark_those_that_differ():
    with pytest.raises(Wrong, match=r"^y is wrong:\n") as caught:
        same("y", [[1, 2.5], [3, -14]], [[1, 2], [3, -14]])
    assert str(caught.value).splitlines()[1:] == [
        "  expected   yours",
        "    1    2     1  2.5*",
        "    3  -14     3  -14",
    ]
    with pytest.raises(Wrong, match=r"^y has the wrong shape: expected \(2,\), yours \(3,\)$"):
        same("y", [1, 2, 3], [1, 2])
    with pytest.raises(
        Wrong, match=r"^y is wrong:\n  1 of 100 numbers differ, first:\n  at \[3, 4\]: expected 0, yours 1$"
    ):
        same("y", np.outer(np.eye(10)[3], np.eye(10)[4]), np.zeros((10, 10)))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1, 2], [3]], r"^y must be an array of numbers, yours is \[\[1, 2\], \[3\]\]$"),
        (np.array([1, np.nan]), r"^y holds nan at \[1\]$"),
        (1j, r"^y must be an array of numbers, yours is 1j$"),
    ],
)
def test_results_that_are_no_numbers(value, message):
    with pytest.raises(Wrong, match=message):
        numbers("y", value)


def test_results_of_several_parts():
    assert parts([1, 2], "y", "switches") == (1, 2)
    with pytest.raises(Wrong, match=r"^expected 2 results, \(y, switches\); yours: 3 things$"):
        parts((1, 2, 3), "y", "switches")
    with pytest.raises(
        Wrong, match=r"^expected 2 results, \(y, switches\); yours: an array of dtype float64"
    ):
        parts(np.ones(2), "y", "switches")


def test_common_ideas_have_hints():
    assert all(len(idea.hints) >= 2 for idea in COMMON)
