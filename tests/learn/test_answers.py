"""Every exercise: solutions pass, however they are written, and mistakes fail at the idea that names them."""

import ast
from importlib import import_module

import pytest

from npdeconv import learn
from npdeconv.learn.exercise import exercises
from npdeconv.learn.files import skeleton_text, solution_text
from npdeconv.learn.process import examine_file

EXERCISES = exercises()


def answers(exercise):
    return import_module(f"tests.learn.answers.e{exercise.chapter}_{exercise.place}")


def number(exercise):
    return exercise.number


def name(answer):
    return "-".join(one.__name__ for one in functions(answer))


def functions(answer):
    return answer if isinstance(answer, tuple) else (answer,)


RIGHT = [(exercise, answer) for exercise in EXERCISES for answer in answers(exercise).RIGHT]
WRONG = [(exercise, *pair) for exercise in EXERCISES for pair in answers(exercise).WRONG]


def ids(cases):
    return [f"{case[0].number}-{name(case[1])}" for case in cases]


@pytest.mark.parametrize("exercise", EXERCISES, ids=number)
def test_the_reference_solution_passes_as_a_learners_file(exercise, tmp_path):
    path = tmp_path / exercise.file_name
    path.write_text(solution_text(exercise), encoding="utf-8")
    verdict = examine_file(exercise, path)
    assert verdict.passed, str(verdict)
    assert verdict.passed_ideas == tuple(idea.name for idea in exercise.ideas)
    assert "expected" in verdict.shown[exercise.ideas[0].name]  # beside yours, on paper


@pytest.mark.parametrize(("exercise", "answer"), RIGHT, ids=ids(RIGHT))
def test_solutions_written_otherwise_pass(exercise, answer):
    verdict = learn.test(exercise.number, *functions(answer))
    assert verdict.passed, str(verdict)


@pytest.mark.parametrize(("exercise", "answer", "idea"), WRONG, ids=ids(WRONG))
def test_mistakes_fail_at_the_idea_that_names_them(exercise, answer, idea):
    assert learn.test(exercise.number, *functions(answer)).failed_idea == idea


@pytest.mark.parametrize("exercise", EXERCISES, ids=number)
def test_at_least_three_mistakes_fail_at_ideas_of_the_exercise(exercise):
    ideas = {idea.name for idea in exercise.ideas}
    assert len([answer for answer, idea in answers(exercise).WRONG if idea in ideas]) >= 3
    assert len({idea for _, idea in answers(exercise).WRONG}) >= 3
    assert answers(exercise).RIGHT


@pytest.mark.parametrize("exercise", EXERCISES, ids=number)
def test_a_skeleton_asks_for_the_functions_and_gives_nothing_away(exercise):
    text = skeleton_text(exercise)
    assert text.startswith(f'"""Exercise {exercise.number}: ')
    defined = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in defined] == list(exercise.functions)
    assert all(ast.get_docstring(node) for node in defined)
    answer = ast.parse(solution_text(exercise)).body
    for node in answer:
        if isinstance(node, ast.FunctionDef):
            body = ast.unparse(node.body[1:] if ast.get_docstring(node) else node.body)
            assert body not in ast.unparse(ast.parse(text)), node.name


@pytest.mark.parametrize("exercise", EXERCISES, ids=number)
def test_ideas_have_hints_and_names_of_their_own(exercise):
    names = [idea.name for idea in exercise.ideas]
    assert len(set(names)) == len(names)
    assert all(len(idea.hints) >= 2 for idea in exercise.ideas)
