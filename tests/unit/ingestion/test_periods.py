"""Quarters and working days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.periods import Quarter, add_working_days, is_working_day, working_days

quarters = st.builds(Quarter, st.integers(2000, 2098), st.integers(1, 4))
days = st.dates(date(2015, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    "text", ["2025-26 Q2", "2025-26-Q2", "2025/26 Q2", "2025_26_q2", "2025-07-01", " 2025-26 q2 "]
)
def test_a_quarter_is_read_however_it_is_written(text: str) -> None:
    assert Quarter.parse(text) == Quarter(2025, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Q2",
        "2025",
        "2025-26",
        "2025-27 Q2",
        "2025-26 Q5",
        "2025-07-02",
        "Q2 of 2025",
        "2025-13-01",
    ],
)
def test_what_is_no_quarter_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 2025-26-Q2"):
        Quarter.parse(text)


def test_a_century_ends_between_two_calendar_years() -> None:
    assert Quarter.parse("2099-00 Q4").end == date(2100, 3, 31)


def test_a_quarter_is_found_in_a_file_name_but_not_in_a_longer_number() -> None:
    assert Quarter.find("riia_return_2025-26-Q2_v2.xlsx") == Quarter(2025, 2)
    assert Quarter.find("ref12025-26-Q2.xlsx") is None
    assert Quarter.find("2025-27 Q1 then 2024-25 Q3") == Quarter(2024, 3)


@pytest.mark.parametrize(
    ("number", "first", "last"),
    [
        (1, date(2025, 4, 1), date(2025, 6, 30)),
        (2, date(2025, 7, 1), date(2025, 9, 30)),
        (3, date(2025, 10, 1), date(2025, 12, 31)),
        (4, date(2026, 1, 1), date(2026, 3, 31)),
    ],
)
def test_quarters_are_those_of_the_financial_year(number: int, first: date, last: date) -> None:
    quarter = Quarter(2025, number)
    assert (quarter.start, quarter.end) == (first, last)


@given(quarters)
def test_every_way_of_writing_a_quarter_reads_back(quarter: Quarter) -> None:
    assert {Quarter.parse(t) for t in (quarter.label, quarter.slug, quarter.key)} == {quarter}


@given(quarters, st.integers(-40, 40))
def test_shifting_there_and_back_is_nothing(quarter: Quarter, by: int) -> None:
    assert quarter.shift(by).shift(-by) == quarter
    assert (quarter.shift(by) > quarter) == (by > 0)


@given(quarters)
def test_quarters_follow_each_other_without_gap(quarter: Quarter) -> None:
    assert quarter.end + timedelta(days=1) == quarter.shift(1).start


@given(days)
def test_every_day_lies_in_exactly_its_quarter(day: date) -> None:
    quarter = Quarter.containing(day)
    assert quarter.start <= day <= quarter.end


def test_england_keeps_its_own_bank_holidays() -> None:
    assert not is_working_day(date(2025, 8, 25))  # late summer bank holiday
    assert is_working_day(date(2025, 12, 1))  # kept in Scotland only
    assert not is_working_day(date(2023, 5, 8))  # coronation, one year only


def test_working_days_count_both_ends() -> None:
    assert working_days(date(2025, 12, 24), date(2025, 12, 29)) == 2
    assert working_days(date(2025, 12, 27), date(2025, 12, 28)) == 0
    assert working_days(date(2025, 9, 2), date(2025, 9, 1)) == 0
    assert working_days(Quarter(2025, 2).start, Quarter(2025, 2).end) == 65


@given(days, st.integers(0, 60))
def test_adding_working_days_agrees_with_counting_them(day: date, count: int) -> None:
    later = add_working_days(day, count)
    assert working_days(day + timedelta(days=1), later) == count
