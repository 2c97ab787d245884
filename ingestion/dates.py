"""Dates however senders write them: day first, never guessed.

Reads what date cells, Excel's day numbers and people's text say, and tells what is wrong with the
rest. Knows no sheet and makes no finding; which column holds dates, the contract says.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

# The day that has number 0 in a workbook; one made on an old Macintosh counts from 1904.
FROM_1900, FROM_1904 = date(1899, 12, 30), date(1904, 1, 1)
# What anybody in a list can have been born or seen at. Excel's day numbers of that time are no
# other number in a date column; 01/01/1900 is how some systems write an empty date.
EARLIEST, LATEST = date(1955, 1, 1), date(2064, 12, 31)
# As strptime has it: 00 to 68 are of this century.
_LAST_OF_CENTURY = 68

_TIME = re.compile(r"(?:[ T]+|, *)\d{1,2}[:.]\d{2}(?:[:.]\d{2})?.*$")
_NUMBER = re.compile(r"(\d{5})(?:\.\d+)?")
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})([/.-]?)(?P<month>\d{2})\2(?P<day>\d{2})")
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2}) *[/.-] *(?P<month>\d{1,2}) *[/.-] *(?P<year>\d{4}|\d{2})"
)
_WORD = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ /.-]*(?P<month>[a-z]{3,9})[ /.,-]*(?P<year>\d{4}|\d{2})",
    re.IGNORECASE,
)
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def parse(text: str, day_0: date = FROM_1900) -> date | None:
    """The day a text says, None where it says none; a time of day is dropped.

    `day_0` is the day that a bare number counts from.
    """
    if (number := _NUMBER.fullmatch(text)) is not None:
        found: date | None = day_0 + timedelta(days=int(number[1]))
    else:
        parts = _parts(text)
        found = _built(parts) if parts else None
    return found if found and EARLIEST <= found <= LATEST else None


@dataclass
class Order:
    """What the cells of a column say of the order of day and month.

    12/31/2023 is in American order and no other, 31/12/2023 is not; 03/04/2023 could be either.
    `swapped` are dates that a spreadsheet may have made of the latter: days up to the twelfth.
    """

    american: list[str]
    either: list[str]
    swapped: list[str]
    day_first: int = 0
    later_days: int = 0

    @property
    def majority(self) -> int:
        """By how many cells American order has more than another; none where no cell has it."""
        return len(self.american) - self.day_first - self.later_days if self.american else -1

    def doubtful(self, is_american: bool) -> set[str]:
        """Texts that say nothing, where most dates of some column of the list are American.

        American texts, and fewer date cells with no day after the twelfth, are what Excel makes of
        an American file: it reads as dates what it can, the wrong way round.
        """
        swaps = not self.later_days and len(self.american) >= len(self.swapped)
        made_of = self.swapped if self.american and swaps else []
        either = self.either if is_american or self.majority >= 0 else []
        return {*self.american, *either, *made_of}


def any_by_numbers(texts: Iterable[str]) -> bool:
    """Whether any text is a date of three numbers with the year last: quick, for many texts."""
    return any(_DAY_FIRST.match(text) for text in texts)


def order_of(texts: Iterable[str]) -> Order:
    """What a column's texts, one for each cell, say of their order."""
    order = Order([], [], [])
    for text in texts:
        parts = _parts(text)
        if parts is None or not parts["month"].isdigit():
            continue
        first, second = int(parts["day"]), int(parts["month"])
        if len(parts[1]) == 4:
            if first <= 12:
                order.swapped.append(text)
            else:
                order.later_days += 1
        elif 1 <= first <= 12 < second <= 31:
            order.american.append(text)
        elif first <= 12 and second <= 12:
            order.either.append(text)
        elif second <= 12:
            order.day_first += 1
    return order


def trouble(text: str) -> tuple[str, str | None]:
    """What is wrong with a text that is no date, or may be another, and what may be meant."""
    if parse(text) is not None:
        return "may be in American order, month first, as other dates of this list are", None
    parts = _parts(text)
    if parts is None:
        return "is no date", None
    if order_of([text]).american:
        month, day, year = (parts[name] for name in ("day", "month", "year"))
        meant = f"{day}/{month}/{year}"
        return "is in American order, month first", meant if parse(meant) else None
    if _built(parts) is None:
        return "is no day of the calendar", None
    return "is too long ago or too far off", None


def _parts(text: str) -> re.Match[str] | None:
    text = _TIME.sub("", text).strip()
    matches = (pattern.fullmatch(text) for pattern in (_YEAR_FIRST, _DAY_FIRST, _WORD))
    return next((match for match in matches if match), None)


def _built(parts: re.Match[str]) -> date | None:
    year, word = int(parts["year"]), parts["month"].lower()
    if len(parts["year"]) == 2:
        year += 1900 if year > _LAST_OF_CENTURY else 2000
    # "sep", "sept", "september": any beginning of three letters or more.
    named = (number for number, name in enumerate(_MONTHS, 1) if name.startswith(word))
    try:
        return date(year, int(word) if word.isdigit() else next(named), int(parts["day"]))
    except (ValueError, StopIteration):
        return None
