"""Notices on their way: who gets which, how they are sent, and when. Wording is `exports/notices`.

Nothing here fails a run: what was not sent is told, by host and never with a secret.
"""
