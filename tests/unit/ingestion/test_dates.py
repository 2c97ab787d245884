"""Dates of text: day first, never guessed, and what is wrong with the rest is said."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import dates
from ingestion.dates import FROM_1904, order_of, parse, trouble

MAYBE = "may be in American order, month first, as other dates of this list are"
IN_RANGE = st.dates(dates.EARLIEST, dates.LATEST)


@given(IN_RANGE, st.sampled_from(["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%d", "%Y%m%d"]))
def test_a_date_is_the_day_it_was_written_for(day: date, layout: str) -> None:
    assert parse(day.strftime(layout)) == day


@given(IN_RANGE)
def test_months_are_known_by_any_beginning_of_their_name(day: date) -> None:
    name = dates._MONTHS[day.month - 1]
    for length in range(3, len(name) + 1):
        assert parse(f"{day.day} {name[:length].title()} {day.year}") == day


@given(IN_RANGE, IN_RANGE)
def test_a_bare_number_counts_from_day_0(day: date, other: date) -> None:
    for day_0 in (dates.FROM_1900, FROM_1904):
        number = (day - day_0).days
        if number >= 10_000:  # five digits: fewer are a year or an age
            assert parse(str(number), day_0) == day


@pytest.mark.parametrize(("text", "year"), [("1/2/68", 2068), ("1/2/69", 1969), ("1/2/00", 2000)])
def test_years_of_two_digits_are_of_the_century_around_us(text: str, year: int) -> None:
    found = parse(text)
    assert (found.year if found else None) == (year if year <= 2064 else None)


@pytest.mark.parametrize(
    ("text", "what", "meant"),
    [
        ("12/31/2023", "is in American order, month first", "31/12/2023"),
        ("12.31.23", "is in American order, month first", "31/12/23"),
        ("12/31/2023 09:00", "is in American order, month first", "31/12/2023"),
        ("02/30/2023", "is in American order, month first", None),
        ("30/02/2023", "is no day of the calendar", None),
        ("2023-02-30", "is no day of the calendar", None),
        ("32/01/2023", "is no day of the calendar", None),
        ("30 Feb 2023", "is no day of the calendar", None),
        ("5 Foo 2023", "is no day of the calendar", None),
        ("31/12/1899", "is too long ago or too far off", None),
        ("2099-01-01", "is too long ago or too far off", None),
        (
            "03/04/2023",
            "may be in American order, month first, as other dates of this list are",
            None,
        ),
        ("soon", "is no date", None),
        ("", "is no date", None),
        ("2023", "is no date", None),
        ("#N/A", "is no date", None),
    ],
)
def test_what_is_wrong_is_said(text: str, what: str, meant: str | None) -> None:
    assert trouble(text) == (what, meant)


@pytest.mark.parametrize(
    ("column", "doubtful"),
    [
        (["12/31/2023", "03/04/2023"], {"12/31/2023", "03/04/2023"}),
        (["12/31/2023", "31/12/2023", "03/04/2023"], {"12/31/2023", "03/04/2023"}),
        (["12/31/2023", "31/12/2023", "30/12/2023", "03/04/2023"], {"12/31/2023"}),
        (["31/12/2023", "03/04/2023"], set()),
        (["12/31/2023", "2023-04-13", "3 April 2023", "45291"], {"12/31/2023"}),
        # What Excel makes of an American file: dates of those it can read, the wrong way round.
        (["12/31/2023", "2023-04-03"], {"12/31/2023", "2023-04-03"}),
        (["12/31/2023", "2023-04-03", "2023-04-04"], {"12/31/2023"}),
        (["03/04/2023", "05/06/2023"], set()),
        ([], set()),
    ],
)
def test_a_column_tells_whether_it_is_american(column: list[str], doubtful: set[str]) -> None:
    assert order_of(column).doubtful(is_american=False) == doubtful


def test_an_american_column_makes_the_doubtful_dates_of_others_say_nothing() -> None:
    assert order_of(["03/04/2023"]).doubtful(is_american=True) == {"03/04/2023"}
