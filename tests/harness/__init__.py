"""The crash harness: real processes, real faults, and a checker over records of its own.

`python -m tests.harness --seconds 60 --seed 1`; the method is in docs/operations/harness.md.
"""
