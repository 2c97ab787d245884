"""Which of a known list of things a name in a file means, and how surely.

For names in cells, such as the measure of a row; names of columns are `headers.py`'s business.
Names are matched exact, then normalised (case, spaces, punctuation), then as remembered corrections
(`aliases.py`), then fuzzily: word by word, with a slip or two in a word, and near one key only.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from ingestion.headers import SHORTEST_SLIP, SUGGESTION_THRESHOLD, figures_of, normalise

# Likeness of whole labels cannot tell a slip from another measure: "open plans of two years or
# more" and "ended plans of two years or more" are 92% alike, "referrals" and "refferals" 89%.
# So many wrong, missing, extra or swapped letters pass for a slip in a word of so many letters.
_SLIPS = ((9, 2), (SHORTEST_SLIP, 1))


@dataclass(frozen=True)
class Meaning:
    """What a written name was taken for; `how` is exact, normalised, alias or fuzzy."""

    written: str
    key: str | None
    how: str | None
    score: float


def squeeze(text: str) -> str:
    """Normalised, and without the spaces: `CLA started` and `cla_started` are one name."""
    return normalise(text).replace(" ", "")


class Names:
    """Keys with the names they are known by; `remembered` maps a squeezed name to a key."""

    def __init__(
        self, names: Mapping[str, Iterable[str]], remembered: Mapping[str, str] | None = None
    ) -> None:
        meanings: dict[str, set[str]] = defaultdict(set)
        self._exact: dict[str, str] = {}
        self._choices: list[tuple[str, str]] = []
        for key, written in names.items():
            for name in written:
                self._exact.setdefault(name, key)
                meanings[squeeze(name)].add(key)
                self._choices.append((normalise(name), key))
        # A name that two keys share tells neither apart.
        self._normalised = {name: min(keys) for name, keys in meanings.items() if len(keys) == 1}
        self._exact = {n: k for n, k in self._exact.items() if squeeze(n) in self._normalised}
        self._remembered = remembered or {}

    @property
    def keys(self) -> set[str]:
        return {key for _, key in self._choices}

    def find(self, written: str) -> Meaning | None:
        """What a name means, or None: then a person has to say."""
        form = squeeze(written)
        passes = (
            ("exact", self._exact.get(written)),
            ("normalised", self._normalised.get(form)),
            ("alias", self._remembered.get(form)),
        )
        for how, key in passes:
            if key is not None:
                return Meaning(written, key, how, 100.0)
        return self._fuzzy(written)

    def nearest(self, written: str, taken: Container[str] = ()) -> str | None:
        """The likest key that is not taken, for a suggestion; None where nothing is alike."""
        form = normalise(written)
        score, key = max(
            ((fuzz.ratio(form, name), key) for name, key in self._choices if key not in taken),
            default=(0, None),
        )
        return key if score >= SUGGESTION_THRESHOLD else None

    def _fuzzy(self, written: str) -> Meaning | None:
        form = normalise(written)
        near = [(fuzz.ratio(form, name), key) for name, key in self._choices if _slip(form, name)]
        if len({key for _, key in near}) != 1:
            return None
        score, key = max(near)
        return Meaning(written, key, "fuzzy", round(score, 1))


def _slip(written: str, name: str) -> bool:
    """Whether two normalised names differ by slips of the finger only."""
    one, other = written.split(), name.split()
    return len(one) == len(other) and all(
        _distance(a, b) <= _allowed(b) for a, b in zip(one, other, strict=True)
    )


def _distance(word: str, other: str) -> int:
    # 45 and 15 working days, a count and its %: never a slip. Nor is what stands at the start of a
    # word: un-accompanied, re-assessments, w-ealth and h-ealth are other words.
    same_signs = figures_of(word) == figures_of(other)
    return OSA.distance(word, other) if same_signs and word[0] == other[0] else len(word + other)


def _allowed(word: str) -> int:
    return next((slips for length, slips in _SLIPS if len(word) >= length), 0)
