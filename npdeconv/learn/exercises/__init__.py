"""The exercises: one folder each, such as `e3_1_max_pool` for exercise 3.1. To add one, add a folder.

It holds:

`__init__.py`
    Its docstring is the title, one sentence that the list of exercises shows.
`solution.py`
    The reference solution, in plain NumPy. The docstring of the module is the exercise's text, that of each
    public function says what goes in and what comes out, with shapes: learners see these, and nothing else.
    `npdeconv.learn.files` makes the skeleton from them. Helpers have a leading underscore.
`skeleton.py`
    Only where learners start from more than heads and docstrings, such as from code with a fault.
`checks.py`
    `FUNCTIONS`, the names of what a learner defines, and `IDEAS`, a tuple of `Idea(name, check, hints)` in
    the order in which they are checked.

A check is called with the learner's functions, wrapped: they get copies of their arguments, and what they
raise is explained. It raises `Wrong(text)`, or returns None, or a text that is shown: the first idea is a
case small enough for paper, and returns its numbers. `npdeconv.learn.compare` has `same`, which compares a
result with the expected one and shows both, `parts` for results of several arrays, and `numbers` for a result
as an array.

An idea's name is a short statement that holds when the answer is right. Each idea tests one thing, so that a
typical mistake fails at the idea that names it: first a case by hand, then one idea after the other, then
properties and finite differences, at last a comparison with `npdeconv.plain` on random arrays. Give float64,
and numbers that are exact in float32; compare with the tolerance of `same`. A check must not depend on a
later exercise, nor on how an answer is written: loops or slices, lists or arrays, float32 or float64.

`tests/learn/answers/` has, for every exercise, a second solution and at least three wrong ones, each with
the idea at which it must fail.
"""
