"""What npdeconv costs, measured beside what others cost, in turn and on the same cores.

Run as `python -m benchmarks`; `benchmarks/README.md` says what is measured, and how fair.
"""
