"""Which column is which: nothing lost, nothing moved, nothing guessed in silence."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingestion.contract import Column, contract
from ingestion.headers import figures_of, find_header, labelled, normalise, resolve

LIST_3 = contract("annex_a").table("annex_a_list_3").columns
RETURN = contract("return").table("return_values").columns
ISSUED = [column.headers[0] for column in LIST_3]


def how(headers: list, columns: list[Column] = LIST_3) -> dict[str, str]:
    return {match.to: match.how for match in resolve(headers, columns).matches}


def test_headers_as_issued_match_exactly() -> None:
    resolution = resolve(ISSUED, LIST_3)
    assert {match.how for match in resolution.matches} == {"exact"}
    assert resolution.complete
    assert not resolution.unmatched


@given(st.permutations(ISSUED))
def test_the_order_of_columns_decides_nothing(headers: list[str]) -> None:
    positions = resolve(headers, LIST_3).positions
    assert {name: headers[place] for name, place in positions.items()} == {
        column.name: column.headers[0] for column in LIST_3
    }


@given(st.permutations(ISSUED), st.data())
def test_one_slip_of_the_finger_moves_no_column(headers: list[str], data: st.DataObject) -> None:
    victim = data.draw(st.integers(0, len(headers) - 1))
    word = headers[victim]
    place = data.draw(st.integers(1, len(word) - 2))
    typo = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    # 21 for 12 is another number, and no slip of the finger.
    assume(figures_of(typo) == figures_of(word))
    changed = [typo if i == victim else header for i, header in enumerate(headers)]
    expected = {column.name: headers.index(column.headers[0]) for column in LIST_3}
    assert resolve(changed, LIST_3).positions == expected


@pytest.mark.parametrize(
    ("header", "method"),
    [
        ("DATE OF REFERRAL ", "normalised"),
        ("Date  of referral", "normalised"),
        ("Date of\nreferral", "normalised"),
        ("Date of Referal", "fuzzy"),
    ],
)
def test_small_differences_are_read_through(header: str, method: str) -> None:
    changed = [header if text == "Date of referral" else text for text in ISSUED]
    assert how(changed)["referral_date"] == method


def test_curly_quotes_and_aliases_are_known() -> None:
    assert normalise("Child’s “ID”") == normalise('Child\'s "ID"')
    assert how(["Child ID", "Age"])["age_years"] == "alias"


def test_a_short_header_may_have_one_slip_but_not_two() -> None:
    assert how(["Code", "Valeu"], RETURN)["value"] == "fuzzy"
    assert "value" not in how(["Code", "Valua x"], RETURN)


def test_a_header_that_is_merely_alike_is_a_suggestion_only() -> None:
    resolution = resolve(["Child Unique ID", "Date of the first referral"], LIST_3)
    assert "referral_date" not in resolution.positions
    assert resolution.nearest == {"Date of the first referral": "Date of referral"}


def test_a_removed_column_is_named_and_no_other_takes_its_place() -> None:
    resolution = resolve([text for text in ISSUED if text != "Date of referral"], LIST_3)
    assert [column.name for column in resolution.missing] == ["referral_date"]
    assert not resolution.complete


def test_the_second_of_two_equal_headers_is_told_apart() -> None:
    resolution = resolve(["Code", "Value", "value ", "Extra"], RETURN)
    assert resolution.positions["value"] == 1
    assert resolution.duplicates[2].to == "value"
    assert resolution.unmatched == {3: "Extra"}


def test_the_better_of_two_fuzzy_matches_wins_wherever_it_stands() -> None:
    worse, better = "Date off referrall", "Date of referal"
    for headers in ([worse, better], [better, worse]):
        assert headers[resolve(headers, LIST_3).positions["referral_date"]] == better


def test_without_fuzzy_a_near_name_is_another_measure() -> None:
    columns = [
        c for c in contract("published").table("cin_referrals").columns if c.role == "indicator"
    ]
    resolution = resolve(["referral_counts"], columns, fuzzy=False)
    assert not resolution.matches
    assert resolution.nearest == {"referral_counts": "referral_count"}


@given(st.integers(0, 25))
def test_the_header_row_is_found_below_titles_and_blanks(above: int) -> None:
    rows: list[list] = [["Ofsted: List 3", "Referrals"] if i % 2 else [] for i in range(above)]
    resolution = find_header([*rows, ISSUED, ["x"] * 11], LIST_3)
    assert resolution is not None
    assert resolution.row == above


def test_a_header_row_of_slips_only_is_still_found() -> None:
    slips = [text[:-2] + text[-1] + text[-2] for text in ISSUED]
    resolution = find_header([["List 3", "x"], slips], LIST_3)
    assert resolution is not None
    assert (resolution.row, resolution.complete) == (1, True)


def test_no_header_row_is_none() -> None:
    assert find_header([], LIST_3) is None
    assert find_header([["a", "b"], [1, 2]], LIST_3) is None
    assert find_header([["a line of text"]] * 40 + [ISSUED], LIST_3) is None


def test_empty_rows_above_the_header_do_not_count() -> None:
    found = find_header([["A title"], *([[""]] * 40), ISSUED], LIST_3)
    assert found is not None
    assert found.row == 41


LABELS = {"local authority": "la", "quarter": "quarter"}


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([["Local authority", "Camden"]], (0, 1)),
        ([["", "Local Authority:", "", "", "Camden"]], (0, 4)),
        ([["Title"], ["local authority: Camden"]], (1, 0)),
    ],
)
def test_a_labelled_value_is_found_with_its_own_address(rows: list, place: tuple) -> None:
    value, *found = labelled(rows, LABELS)["la"]
    assert (value, tuple(found)) == ("Camden", place)


def test_the_next_label_is_not_a_value() -> None:
    found = labelled([["Local authority", "", "Quarter", "2025-26 Q2"]], LABELS)
    assert list(found) == ["quarter"]
    assert labelled([["Local authority"]], LABELS) == {}
