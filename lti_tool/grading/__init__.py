"""The participation grade: facts, a policy and a moment in; a score with its reasons out.

Pure: no Flask, no database, no clock, no floating point. The rules are those of the grading
model described in ``docs/`` (part F of the peers study); every module says which one it holds.
"""
