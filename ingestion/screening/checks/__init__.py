"""The checks, by subject; each is a function of data, meta and lists that gives one Result.

What a check is called, what it asks in one sentence and what it needs stands in `registry.py`.
"""
