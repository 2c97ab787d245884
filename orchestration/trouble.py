"""What disk, permissions and damaged files make of a command, in words: what is wrong, what to do.

The one place that knows how Python, SQLite, DuckDB and Arrow say it. Faults of the platform itself
are not here: they keep their own words, for an engineer.
"""

import re

_FULL = (
    "The disk is full. Free some space where the home is and run again. What was published before"
    " is whole."
)
# SQLite has one word for both.
_FULL_OR_FAILED = (
    "The disk is full or has a fault. Free some space where the home is, or have the disk looked"
    " at, and run again. What was published before is whole."
)
_READ_ONLY = (
    "The disk is mounted read-only: nothing can be written in the home. Mount it for writing, or"
    " name another home (--home), and run again. What was published before is whole."
)
_NOT_ALLOWED = (
    "This user may not write there. Run as the home's owner, or have its files given back to the"
    " user who runs, and run again."
)
_DAMAGED = (
    "A table of the home is damaged. Run again, which writes what lies in raw/, warehouse/ and"
    " marts/ anew. If it is said again, look for a fault of the disk."
)
_KNOWN = (
    (r"No space left on device|disk is full|Disk quota exceeded", _FULL),
    (r"disk I/O error|Input/output error", _FULL_OR_FAILED),
    (r"Read-only file system|readonly database", _READ_ONLY),
    (r"Permission denied|unable to open database file", _NOT_ALLOWED),
    (
        r"Parquet magic bytes|No magic bytes|magic bytes in footer|[Tt]hrift|Parquet file size is"
        r"|too small to be a Parquet|not a Parquet file",
        _DAMAGED,
    ),
)
# What was meant: a path, in quotes, as the messages of all four have it.
_PATH = re.compile(r"""['"](/[^'"\n]+)['"]""")


def in_words(error: BaseException | str) -> str | None:
    """A sentence on an error, or on the text of one; None where nothing is known of it."""
    text = error if isinstance(error, str) else "\n".join(_chain(error))
    for pattern, words in _KNOWN:
        if found := re.search(pattern, text):
            line = text[text.rfind("\n", 0, found.start()) + 1 :].splitlines()[0]
            path = _PATH.search(line)
            return f"{path[1]}: {words}" if path else words
    return None


def _chain(error: BaseException | None) -> list[str]:
    texts = []
    while error is not None:
        texts.append(str(error))
        error = error.__cause__ or error.__context__
    return texts
