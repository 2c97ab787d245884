"""The only quarter and financial-year arithmetic in Python.

Quarters are those of the financial year: Q1 is April to June (ADCS Safeguarding Pressures 9,
figures 5 and 6: "RIIA quarterly dataset, 2022-23 Q1"). Working days are Monday to Friday less
England's bank holidays, from the `holidays` library. Nothing here knows about measures or files.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Self

# A quarter written by people and machines: 2025-26 Q2, 2025-26-Q2, 2025/2026 Q2, 2025_26_q2, and
# the other way round: Q2 2025-26, Quarter 2 of 2025/26.
_YEARS = r"(?<!\d)(?P<year>20\d\d) ?[-/_–] ?(?:20)?(?P<following>\d\d)"
_NUMBER = r"Q(?:uarter|tr)?[ .]?(?P<number>[1-4])(?!\d)"
_FORMS = (
    re.compile(rf"{_YEARS}[-_, ]*{_NUMBER}", re.IGNORECASE),
    re.compile(rf"{_NUMBER}(?:[-_, ]|of)*{_YEARS}(?!\d)", re.IGNORECASE),
)


@dataclass(frozen=True, order=True)
class Quarter:
    """One quarter of a financial year: `Quarter(2025, 2)` is July to September 2025."""

    year: int  # first calendar year of the financial year
    number: int  # 1..4

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a quarter from `2025-26 Q2`, `2025-26-Q2` or its first day `2025-07-01`.

        Raises ValueError, saying what was expected, for anything else, a first day that is not
        one, and years that do not follow each other (`2025-27 Q2`).
        """
        found = cls.find(text)
        if found is not None:
            return found
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            day = None
        if day is not None:
            quarter = cls.containing(day)
            if quarter.start == day:
                return quarter
        raise ValueError(
            f"{text!r} is not a quarter; write it like 2025-26-Q2 (July to September 2025)"
        )

    @classmethod
    def find(cls, text: str) -> Self | None:
        """The first well-formed quarter inside a longer text, such as a file name; else None."""
        return next(iter(cls.all_in(text)), None)

    @classmethod
    def all_in(cls, text: str) -> list[Self]:
        """Every well-formed quarter inside a text, those in the usual order of words first."""
        quarters = []
        for match in (found for form in _FORMS for found in form.finditer(text)):
            year, following, number = (int(match[part]) for part in ("year", "following", "number"))
            if (year + 1) % 100 == following:
                quarters.append(cls(year, number))
        return quarters

    @staticmethod
    def without(text: str) -> str:
        """A text less the quarters written in it."""
        for form in _FORMS:
            text = form.sub(" ", text)
        return text

    @classmethod
    def containing(cls, day: date) -> Self:
        year = day.year if day.month >= 4 else day.year - 1
        return cls(year, (day.month - 4) % 12 // 3 + 1)

    @property
    def start(self) -> date:
        month = (3, 6, 9, 0)[self.number - 1] + 1
        return date(self.year + (self.number == 4), month, 1)

    @property
    def end(self) -> date:
        return self.shift(1).start - timedelta(days=1)

    @property
    def label(self) -> str:
        """For people: `2025-26 Q2`."""
        return f"{self.year}-{(self.year + 1) % 100:02d} Q{self.number}"

    @property
    def slug(self) -> str:
        """For folders and commands: `2025-26-Q2`."""
        return self.label.replace(" ", "-")

    @property
    def key(self) -> str:
        """For Dagster partitions: the first day, `2025-07-01`."""
        return self.start.isoformat()

    def shift(self, quarters: int) -> "Quarter":
        index = self.year * 4 + self.number - 1 + quarters
        return Quarter(index // 4, index % 4 + 1)


@lru_cache(maxsize=1)
def _england_bank_holidays() -> Container[date]:
    import holidays  # half a second of imports that `liia check` can do without

    return holidays.country_holidays("GB", subdiv="ENG")


def is_working_day(day: date) -> bool:
    """Monday to Friday and no bank holiday in England."""
    return day.weekday() < 5 and day not in _england_bank_holidays()


def working_days(first: date, last: date) -> int:
    """Working days from `first` to `last`, both included; 0 when `last` comes before `first`."""
    span = (last - first).days + 1
    return sum(is_working_day(first + timedelta(days=offset)) for offset in range(max(span, 0)))


def add_working_days(day: date, count: int) -> date:
    """The date `count` working days after `day`, `day` itself being day 0."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day
