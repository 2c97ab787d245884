"""What a check says: its result and a message that a person can act on.

The words for places in a file and for values are made here, so that every check says them alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["FAIL", "WARNING", "ADVISORY", "PASS"]

# Worst first: the order in which a reader wants them.
OUTCOMES: tuple[Outcome, ...] = ("FAIL", "WARNING", "ADVISORY", "PASS")
_SHOWN = 5
_LONGEST = 60


@dataclass(frozen=True)
class Result:
    """A check's answer. `ran` is False where an earlier check left it nothing to go by."""

    result: Outcome
    message: str = ""
    ran: bool = True


def passed(message: str = "") -> Result:
    """Nothing to say against the file; without a message, what the check asks is said."""
    return Result("PASS", message)


def fail(message: str) -> Result:
    return Result("FAIL", message)


def warning(message: str) -> Result:
    return Result("WARNING", message)


def advisory(message: str) -> Result:
    return Result("ADVISORY", message)


def worst(results: Iterable[Result]) -> Result:
    """One result for many: the worst of them, with the messages of all that are not passes."""
    said = sorted(results, key=lambda each: OUTCOMES.index(each.result))
    said = [each for each in said if each.result != "PASS"]
    if not said:
        return passed()
    return Result(said[0].result, " ".join(each.message for each in said))


def listed(words: Iterable[Any]) -> str:
    """Up to five of them, and how many more there are."""
    every = [str(word) for word in words]
    more = len(every) - _SHOWN
    if more > 0:
        return f"{', '.join(every[:_SHOWN])} and {more:,} more"
    return " and ".join([", ".join(every[:-1]), every[-1]]) if len(every) > 1 else "".join(every)


def quoted(values: Iterable[Any]) -> str:
    """Up to five values as they stand in the file; a blank cell is called blank."""
    return listed(_shown(str(value)) for value in values)


def _shown(value: str) -> str:
    if value == "":
        return "(blank)"
    text = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    # A line break or another control character would garble the message.
    return "“" + "".join(sign if sign.isprintable() else "�" for sign in text) + "”"


def columns(names: Iterable[str]) -> str:
    """“column a” or “columns a and b”."""
    every = list(names)
    return f"column{'s' * (len(every) != 1)} {listed(every)}"


def opening(text: str) -> str:
    """The same at the head of a sentence."""
    return text[:1].upper() + text[1:]
