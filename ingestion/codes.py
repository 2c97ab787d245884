"""Which value of a code set a cell means, and which of them is nearest to one that means none.

What each set may hold, and how it is written, stands in `codes.yml`; which column has which set, in
the contracts. Nothing here knows a column.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process, utils

# Where a token of `codes.yml` may stand. "b)" is a letter of Ofsted's and "5-19" an age, no code.
_STANDS = (
    r"^(?:[a-z]{1,2}\d?[).] *)?\W*(?:(?:code|child|cin|cla)\W+)?(?:TOKEN)(?![a-z0-9)]|[-/]\d)"
    r"|[(\[](?:cin )?(?:TOKEN)[)\]]"
)
# What denies the words after it, up to the next sign or clause ("not adopted", "no longer seen");
# "non" denies one word, an answer ("No, gone abroad") none. And a no at the end, which denies all
# ("UASC: no").
_DENIED = re.compile(
    r"(\b(?:(?:no longer|not|no|never) |non[ -]))"
    r"(?:(?<=non.)\w+|(?<!non.)(?=\w)(?:(?! or | but | after )[^,;:.()/–-])*)",
    re.IGNORECASE,
)
_DENIED_ALL = re.compile(r"(?<=\w)\W+no?\W*$", re.IGNORECASE)
# A value less alike than this resembles nothing, and a suggestion would mislead.
_NEAR = 65
# Nor may a word be there that the other has none alike to: "full time education" is not higher.
_SAME_WORD = 60
_WORD = re.compile(r"\b(?:no|\w{3,})\b")


@dataclass(frozen=True)
class _Code:
    """An entry of a code set, as `codes.yml` explains it."""

    code: str
    label: str
    token: re.Pattern[str] | None
    words: re.Pattern[str] | None

    @property
    def wording(self) -> str:
        return self.label or self.code


@lru_cache(maxsize=1)
def _sets() -> dict[str, list[_Code]]:
    path = Path(__file__).parent / "codes.yml"
    sets = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: [_code(**entry) for entry in entries] for name, entries in sets.items()}


def _code(code: str, label: str = "", token: str = "", words: str = "") -> _Code:
    return _Code(
        code,
        label,
        re.compile(_STANDS.replace("TOKEN", token), re.IGNORECASE) if token else None,
        re.compile(words, re.IGNORECASE) if words else None,
    )


def code_list(code_set: str) -> list[str]:
    """The codes of a code set, in its order."""
    return [entry.code for entry in _sets()[code_set]]


def match(spellings: Iterable[str], code_set: str) -> list[str | None]:
    """The code of each text: of the first token that fits, else of the first wording.

    Neither fits by words that the text denies, unless it names the denial.
    """
    entries = _sets()[code_set]
    tries = [(entry.token, entry.code) for entry in entries if entry.token]
    tries += [(entry.words, entry.code) for entry in entries if entry.words]
    return [
        next((code for pattern, code in tries if _fits(pattern, text)), None)
        for text in (" ".join(spelling.split()) for spelling in spellings)
    ]


def _fits(pattern: re.Pattern[str], text: str) -> bool:
    found = pattern.search(text)
    if found is None:
        return False
    at_the_end = _DENIED_ALL.search(text)
    if at_the_end and found.end() <= at_the_end.start():
        return False
    # The pattern names a denial if it needs it, and is not concerned if it does without the words.
    return not any(
        pattern.search(text[: no.start()] + text[no.end(1) :])
        and not pattern.search(text[: no.start()] + text[no.end() :])
        for no in _DENIED.finditer(text)
    )


def wordings(code_set: str) -> list[str]:
    """What a sender may write for each code: Ofsted's wording where there is one.

    Ofsted's letters order its wordings; a set without them stands in its own order.
    """
    return [entry.wording for entry in sorted(_sets()[code_set], key=lambda entry: entry.label)]


def nearest(value: str, code_set: str) -> str | None:
    """The wording nearest to a text; an error of the spreadsheet ("#N/A") is nobody's spelling."""
    if value.startswith("#"):
        return None
    entries = _sets()[code_set]
    known = [text for entry in entries for text in (entry.wording, entry.code.replace("_", " "))]
    # The whole text, not a part of it: "Residence order" is no "Child assessment order".
    near = process.extract(
        value, known, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=_NEAR
    )
    return next((entries[i // 2].wording for text, _, i in near if _same_words(value, text)), None)


def _same_words(one: str, other: str) -> bool:
    """Whether each has a word alike for every one of the other's; codes are no words."""
    ours, theirs = (
        [word for word in _WORD.findall(utils.default_process(text)) if word.isalpha()]
        for text in (one, other)
    )
    return all(
        any(fuzz.ratio(word, each) >= _SAME_WORD for each in others)
        for words, others in ((ours, theirs), (theirs, ours))
        for word in words
    )
