"""From fct_indicator rows to cells and back, with who knew what when."""

import pandas as pd

from exports.disclosure.cells import ROLES, cells_of, put_back
from exports.disclosure.secondary import protect
from tests.unit.exports.disclosure.tables import BARNET, BEXLEY, CITY, LONDON

Q = "2024-25 Q1"


def facts(*rows):
    """Rows of (authority, numerator, denominator, status, known_from, is_current)."""
    columns = ["new_la_code", "numerator", "denominator", "value_status", "known_from"]
    frame = pd.DataFrame(rows, columns=[*columns, "is_current"])
    return frame.assign(
        source="return",
        indicator_code="cla_started",
        period_type="quarter",
        period_label=Q,
        value=frame["numerator"] / frame["denominator"] * 10_000,
        comment="as sent",
    )


def test_a_row_is_three_cells(relations):
    out = cells_of(facts((CITY, 17, 850, "ok", "2024-07-20", True)), relations)
    assert out.set_index("role")["value"].to_dict() == {
        "numerator": 17.0,
        "denominator": 850.0,
        "value": 200.0,
    }
    assert set(out["role"]) == set(ROLES)
    assert out["printed"].all()


def test_a_count_has_nothing_below_the_line(relations):
    rows = facts((CITY, 17, None, "ok", "2024-07-20", True))
    rows = rows.assign(indicator_code="care_leavers", period_type="snapshot", value=17.0)
    assert set(cells_of(rows, relations)["role"]) == {"numerator", "value"}


def test_a_corrected_figure_has_another_version_and_an_unchanged_one_has_not(relations):
    rows = facts(
        (CITY, 3, 850, "ok", "2024-07-20", False),
        (CITY, 3, 850, "ok", "2024-07-25", False),
        (CITY, 4, 850, "ok", "2024-08-01", True),
        (BARNET, 60, 90_000, "ok", "2024-07-20", False),
        (BARNET, 60, 90_000, "ok", "2024-08-01", True),
    )
    out = cells_of(rows, relations)
    counts = out[out["role"] == "numerator"].set_index("new_la_code")
    assert counts["version"].to_dict() == {CITY: "2", BARNET: "1"}
    assert counts["value"].to_dict() == {CITY: 4.0, BARNET: 60.0}


def test_what_failed_gives_no_number(relations):
    out = cells_of(facts((CITY, 17, 850, "failed", "2024-07-20", True)), relations)
    assert out["value"].isna().all()
    assert set(out["value_status"]) == {"failed"}


def test_a_count_without_its_population_keeps_the_count(relations):
    out = cells_of(facts((CITY, 17, None, "not_derivable", "2024-07-20", True)), relations)
    statuses = out.set_index("role")["value_status"].to_dict()
    assert statuses == {
        "numerator": "ok",
        "denominator": "not_derivable",
        "value": "not_derivable",
    }


def test_rows_go_back_with_their_symbols_and_everything_else(public, relations):
    rows = facts(
        (CITY, 3, 850, "ok", "2024-07-20", True),
        (BARNET, 40, 90_000, "ok", "2024-07-20", True),
        (BEXLEY, None, 60_000, "not_returned", "2024-07-20", True),
    )
    back = put_back(rows, protect(cells_of(rows, relations), public, relations))
    assert back["value_status"].tolist() == ["c", "ok", "not_returned"]
    assert back[["numerator", "denominator", "value"]].iloc[0].isna().all()
    assert back["value"].iloc[1] == 4.4
    assert back["comment"].tolist() == ["as sent"] * 3
    assert back.columns.tolist() == rows.columns.tolist()


def test_rows_that_are_not_printed_do_not_come_back(public, relations):
    """A product of totals: the rows of authorities only say who is in them."""
    rows = facts(
        (CITY, 3, 850, "ok", "2024-07-20", True),
        (BARNET, 40, 90_000, "ok", "2024-07-20", True),
        (LONDON, 43, 90_850, "ok", "2024-07-20", True),
    )
    given = cells_of(rows, relations, printed=rows["new_la_code"] == LONDON)
    out = protect(given, public, relations)
    assert put_back(rows, out)["numerator"].tolist() == [43.0]
    assert out.loc[~out["printed"] & (out["role"] != "denominator"), "value"].isna().all()
