"""The time and memory that npdeconv and other libraries take, in turn and on the same cores.

Run as `python -m benchmarks`; `benchmarks/README.md` describes the measurements and their fairness.
"""
