"""A learner's folder, the commands about it, and the same from a notebook."""

import json

import pytest

from npdeconv import cli, learn
from npdeconv.learn.exercise import exercises, find
from npdeconv.learn.files import solution_text
from tests.learn.answers import e3_2

UNPOOL = find("3.2")
FIRST, SECOND = UNPOOL.ideas[0], UNPOOL.ideas[2]


@pytest.fixture
def course(tmp_path):
    learn.start(tmp_path / "course")
    return tmp_path / "course"


def run(capsys, *arguments, status=0):
    assert cli.main(["learn", *map(str, arguments)]) == status
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return out if status == 0 else out + err


def test_start_writes_what_is_missing_and_never_a_file_that_is_there(tmp_path, capsys):
    folder = tmp_path / "my course"
    out = run(capsys, "start", folder)
    files = {exercise.file_name for exercise in exercises()}
    assert {path.name for path in folder.iterdir()} == files | {"progress.json"}
    assert out.startswith(f"{folder}: {len(files)} new files of exercises.\n")
    (folder / "e3_2_unpool.py").write_text("mine")
    (folder / "e1_1_perceptron_step.py").unlink()
    (folder / "progress.json").write_text('{"3.2": {"tries": 7}}')
    out = run(capsys, "start", folder)
    kept = f"{len(files) - 1} were there already and stay as they are."
    assert out.startswith(f"{folder}: 1 new files of exercises. {kept}\n")
    assert (folder / "e3_2_unpool.py").read_text() == "mine"
    assert json.loads((folder / "progress.json").read_text()) == {"3.2": {"tries": 7}}


def test_from_the_first_try_to_the_solution(course, capsys):
    here = ("--dir", course)
    out = run(capsys, "test", "3.2", *here, status=2)
    assert "WRONG  there is something to test" in out
    assert out.endswith(
        f"`npdeconv learn hint 3.2 --dir {course}` gives a hint.\n"
        "npdeconv: exercise 3.2 is not passed yet: there is something to test\n"
    )
    (course / "e3_2_unpool.py").write_text(solution_text(UNPOOL).replace("np.add.at", "np.put_along_axis"))
    out = run(capsys, "test", "3.2", *here, status=2)
    assert f"WRONG  {FIRST.name}\n" in out
    for level in (1, 2, 3, 3):
        text = FIRST.hints[level - 1]
        assert run(capsys, "hint", "3.2", *here).startswith(
            f"{FIRST.name}\nHint {level} of 3: {text}\nAsk again"
        )
    out = run(capsys, "hint", "3.2", "--level", "2", *here)
    assert f"Hint 2 of 3: {FIRST.hints[1]}" in out
    line = next(line for line in run(capsys, *here).splitlines() if line.startswith("  3.2"))
    assert line.endswith(f"2 tries, 4 hints; not yet: {FIRST.name}")

    source = run(capsys, "solution", "3.2", *here)
    assert source == solution_text(UNPOOL) + "\n"
    (course / "e3_2_unpool.py").write_text(source)
    out = run(capsys, "test", "3.2", *here)
    assert all(f"  ok     {idea.name}\n" in out for idea in UNPOOL.ideas)
    assert out.endswith("Passed: all ideas hold.\n")
    out = run(capsys, *here)
    assert out.startswith(f"{course}: 1 of {len(exercises())} exercises passed\n")
    assert "passed, after a look at the solution\n" in out
    assert out.endswith(
        f"Next: write e1_1_perceptron_step.py, then `npdeconv learn test 1.1 --dir {course}`.\n"
    )


def test_what_is_passed_stays_passed(course):
    assert learn.test("3.2", e3_2.loops, folder=course).passed
    assert not learn.test("3.2", e3_2.largest, folder=course).passed
    entry = json.loads((course / "progress.json").read_text())["3.2"]
    assert entry == {"tries": 2, "passed": True, "failed": SECOND.name}


def test_in_the_folder_no_option_is_needed(course, capsys, monkeypatch):
    monkeypatch.chdir(course)
    assert run(capsys).startswith(f".: 0 of {len(exercises())} exercises passed\n")
    assert "`npdeconv learn hint 1.1` gives a hint." in run(capsys, "test", "1.1", status=2)


def test_the_list_without_a_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = run(capsys)
    assert "  3.2  Unpooling: values go back to their switches\n" in out
    assert out.endswith("`npdeconv learn start DIR` writes a file for each into DIR.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_needs_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(learn, "_UNKEPT", learn.Record(None, {}))
    assert repr(learn.hint("max_pool")).startswith("y holds the largest value of each window\nHint 1 of 3: ")
    verdict = learn.test(3.2, e3_2.assigned)
    assert repr(verdict).endswith('\nNot yet. learn.hint("3.2") gives a hint.')
    assert learn.hint("3.2").startswith(f"{SECOND.name}\nHint 1 of {len(SECOND.hints)}: ")
    assert learn.hint("3.2").startswith(f"{SECOND.name}\nHint 2 of {len(SECOND.hints)}: ")
    assert learn.hint("3.2", level=9).startswith(f"{SECOND.name}\nHint 3 of 3: ")
    assert repr(learn.test("3.2", e3_2.counted)).endswith("Passed: all ideas hold.")
    assert learn.skeleton("3.2").startswith('"""Exercise 3.2: unpooling')
    assert list(tmp_path.iterdir()) == []


ERRORS = {
    ("test", "3.9"): r"learn: expected the number of an exercise (1.1, ",
    ("hint", "unpol"): "got 'unpol' (did you mean 'unpool'?)",
    ("test",): "learn test: expected an exercise, such as 3.1, got nothing",
    ("start",): "learn start: expected a folder, such as `course`, got nothing",
    ("test", "3.2"): ".: no folder of exercises; `npdeconv learn start DIR` makes one, --dir DIR names it",
    ("test", "3.2", "--level", "1"): "learn: --level is an option of `npdeconv learn hint`",
}


@pytest.mark.parametrize("arguments", ERRORS, ids=" ".join)
def test_mistakes_on_the_command_line(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ERRORS[arguments] in run(capsys, *arguments, status=2)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"1.1": 3}', '{"1.1": {"hints": [1]}}', '{"1.1": {"tries": "two"}}']
)
def test_a_damaged_record_is_named_and_kept(course, capsys, text):
    (course / "progress.json").write_text(text)
    out = run(capsys, "hint", "1.1", "--dir", course, status=2)
    assert f"{course / 'progress.json'}: expected a record of progress, got something else" in out
    assert (course / "progress.json").read_text() == text


def test_a_file_that_was_removed_is_named(course, capsys):
    (course / "e3_2_unpool.py").unlink()
    out = run(capsys, "test", "3.2", "--dir", course, status=2)
    assert f"e3_2_unpool.py: there is no such file; `npdeconv learn start {course}` writes it" in out


def test_a_folder_cannot_be_started_where_a_file_is(tmp_path, capsys):
    (tmp_path / "course").write_text("")
    assert "course" in run(capsys, "start", tmp_path / "course", status=2)
