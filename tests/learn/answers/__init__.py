"""Answers to the exercises: in each module, `RIGHT` is a list of them, and `WRONG` of (answer, failing idea).

An answer is a function, or a tuple of functions where the exercise asks for several.
"""
