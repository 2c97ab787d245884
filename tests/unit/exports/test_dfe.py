"""The DfE pair: what a screener and the reader at DfE rely on."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from exports import marts as marts_module
from exports.files import formula_safe
from exports.marts import LONDON, MartError, current_set
from ingestion.periods import Quarter
from tests.unit.exports.written import write_dfe

Q2 = Quarter(2025, 2)
AUTHORITY = ["old_la_code", "new_la_code", "la_name"]
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture
def pair(marts: Path, tmp_path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    data, meta, *_ = write_dfe(marts, Q2, tmp_path)
    return read(data), read(meta)


def cell(data: pd.DataFrame, la: str, code: str) -> dict[str, str]:
    found = data[(data["new_la_code"] == la) & (data["indicator_code"] == code)]
    assert len(found) == 1
    return found.iloc[0].to_dict()


def test_names_and_encoding(marts: Path, tmp_path: Path) -> None:
    paths = write_dfe(marts, Q2, tmp_path)
    assert [p.name for p in paths] == [
        "riia_london_202526_q2.csv",
        "riia_london_202526_q2.meta.csv",
        "riia_london_202526_q2_wide.csv",
        "riia_london_202526_q2_wide.meta.csv",
    ]
    raw = paths[0].read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in paths)


def test_one_row_for_each_authority_and_indicator_and_for_london(pair: tuple) -> None:
    data, _ = pair
    assert len(data) == 34 * len(current_set(Q2))
    assert not data.duplicated(["geographic_level", "new_la_code", "indicator_code"]).any()
    assert set(data["time_period"]) == {"202526"}
    assert set(data["time_identifier"]) == {"Financial year Q2"}


def test_every_value_is_a_number_or_a_symbol(pair: tuple) -> None:
    data, _ = pair
    for column in ("numerator", "denominator", "value"):
        texts = set(data[column])
        wrong = {t for t in texts if not NUMBER.fullmatch(t) and t not in {"c", "x", "z"}}
        assert not wrong


def test_london_says_over_how_many_authorities_it_is(pair: tuple) -> None:
    data, _ = pair
    assert cell(data, "", "cla")["authorities"] == "33"
    assert cell(data, "E09000007", "cla")["authorities"] == "z"


def test_an_authority_that_is_not_shared_is_in_no_row_and_not_in_london(
    rows: pd.DataFrame, marts: Path, tmp_path: Path
) -> None:
    """Nor can it be worked out: London less the rows beside it leaves nothing over."""
    camden = "E09000007"
    data = read(write_dfe(marts, Q2, tmp_path / "out", without=[camden])[0])
    assert data["new_la_code"].nunique() == 33  # 32 authorities, and London's blank
    assert not {camden, "202", "Camden"} & set(data[AUTHORITY].to_numpy().ravel())
    sent = rows[(rows["source"] == "return") & (rows["new_la_code"] != LONDON)]
    sent = sent[(sent["value_status"] == "ok") & (sent["new_la_code"] != camden)]
    for code, parts in sent.groupby("indicator_code"):
        london = cell(data, "", str(code))
        assert float(london["numerator"]) == pytest.approx(parts["numerator"].sum())
        assert london["authorities"] == str(len(parts))
        if parts["denominator"].notna().all():
            assert float(london["denominator"]) == pytest.approx(parts["denominator"].sum())
            ratio = parts["numerator"].sum() / parts["denominator"].sum()
            value = ratio * parts["multiplier"].iloc[0]
            decimals = int(parts["decimals"].iloc[0])
            assert float(london["value"]) == pytest.approx(value, abs=0.51 * 10**-decimals)


def test_a_figure_that_only_the_authority_left_out_has_is_not_londons_either(
    rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    only = rows[
        (rows["indicator_code"] != "cla")
        | (rows["source"] != "return")
        | rows["new_la_code"].isin(["E09000007", LONDON])
    ]
    data = read(write_dfe(write_marts(only), Q2, tmp_path / "o", without=["E09000007"])[0])
    london = cell(data, "", "cla")
    assert [london[c] for c in ("numerator", "denominator", "value", "authorities")] == ["x"] * 4


def test_regional_row_has_no_authority_and_authorities_stand_in_london(pair: tuple) -> None:
    data, _ = pair
    region = data[data["geographic_level"] == "Regional"]
    assert set(region["region_code"]) == {LONDON}
    assert (region[["old_la_code", "new_la_code", "la_name"]] == "").all(axis=None)
    assert set(data["region_name"]) == {"London"}


def test_statuses_become_symbols(pair: tuple) -> None:
    data, _ = pair
    bexley = cell(data, "E09000004", "referrals")
    assert (bexley["numerator"], bexley["denominator"], bexley["value"]) == ("x", "x", "x")
    assert cell(data, "E09000001", "cla")["value"] == "c"
    assert cell(data, "E09000001", "repeat_referrals_pct")["value"] == "z"
    assert cell(data, "E09000025", "repeat_referrals_pct")["value"] == "x"
    # No fact row at all: the grid says x and not nothing.
    assert cell(data, "E09000033", "s47")["value"] == "x"


def test_counts_have_no_denominator_and_whole_parts_no_point(
    pair: tuple, rows: pd.DataFrame
) -> None:
    data, _ = pair
    leavers = cell(data, "E09000007", "care_leavers")
    assert leavers["denominator"] == "z"
    assert leavers["numerator"] == leavers["value"]
    assert leavers["numerator"].isdigit()
    fact = rows[
        (rows["new_la_code"] == "E09000007")
        & (rows["indicator_code"] == "sw_establishment")
        & (rows["source"] == "return")
    ].iloc[0]
    assert float(cell(data, "E09000007", "sw_establishment")["numerator"]) == fact["numerator"]


def set_fact(rows: pd.DataFrame, la: str, code: str, **values: object) -> None:
    which = (
        (rows["new_la_code"] == la)
        & (rows["indicator_code"] == code)
        & (rows["source"] == "return")
    )
    assert which.sum() == 1
    for name, value in values.items():
        rows.loc[which, name] = value


def test_values_are_rounded_half_up_from_the_fraction(
    rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    rows = rows.copy()
    code, la = "repeat_referrals_pct", "E09000007"
    # Exactly 7.25 %, which the double misses from below: 7.249999999999999.
    set_fact(rows, la, code, numerator=29.0, denominator=400.0, value=29 / 400 * 100)
    set_fact(rows, "E09000002", code, numerator=49.0, denominator=400.0, value=12.25)
    data = read(write_dfe(write_marts(rows), Q2, tmp_path / "out")[0])
    assert cell(data, "E09000002", code)["value"] == "12.3"
    assert cell(data, la, code)["value"] == "7.3"


def test_a_confidential_value_hides_its_parts(
    rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    rows = rows.copy()
    set_fact(rows, "E09000007", "repeat_referrals_pct", value_status="c")
    data = read(write_dfe(write_marts(rows), Q2, tmp_path / "out")[0])
    hidden = cell(data, "E09000007", "repeat_referrals_pct")
    assert {hidden["numerator"], hidden["denominator"], hidden["value"]} == {"c"}


def test_a_count_without_population_keeps_its_numerator(
    rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    rows = rows.copy()
    set_fact(
        rows,
        "E09000007",
        "referrals",
        numerator=412.0,
        denominator=None,
        value=None,
        value_status="not_derivable",
    )
    data = read(write_dfe(write_marts(rows), Q2, tmp_path / "out")[0])
    row = cell(data, "E09000007", "referrals")
    assert (row["numerator"], row["denominator"], row["value"]) == ("412", "x", "x")


def test_meta_describes_exactly_filters_and_indicators(pair: tuple) -> None:
    data, meta = pair
    assert list(meta.columns) == [
        "col_name",
        "col_type",
        "label",
        "indicator_grouping",
        "indicator_unit",
        "indicator_dp",
        "filter_hint",
        "filter_grouping_column",
    ]
    assert set(meta["col_type"]) == {"Filter", "Indicator"}
    assert meta["col_name"].tolist() == data.columns[10:].tolist()
    assert not meta["label"].duplicated().any()


def test_only_current_returns_of_the_quarter(
    rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    returns = rows[rows["source"] == "return"]
    superseded = returns.assign(is_current=False, value=1.0)
    other = returns.assign(period_label="2025-26 Q1", value=2.0)
    rolling = returns.assign(period_type="rolling_4q", value=3.0)
    folder = write_marts(rows)
    before = write_dfe(folder, Q2, tmp_path / "a")[0].read_bytes()
    more = pd.concat([rows, superseded, other, rolling], ignore_index=True)
    more.to_parquet(folder / "fct_indicator.parquet")
    assert write_dfe(folder, Q2, tmp_path / "b")[0].read_bytes() == before


def test_two_current_values_for_one_cell_are_refused(
    rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    twice = pd.concat([rows, rows[rows["source"] == "return"].head(1)], ignore_index=True)
    with pytest.raises(MartError, match="more than one row for contacts, E09000001"):
        write_dfe(write_marts(twice), Q2, tmp_path / "out")


def test_same_marts_same_bytes_in_any_row_order(
    rows: pd.DataFrame, write_marts: Callable[..., Path], marts: Path, tmp_path: Path
) -> None:
    shuffled = write_marts(rows.sample(frac=1, random_state=3))
    first, second = write_dfe(marts, Q2, tmp_path / "a"), write_dfe(shuffled, Q2, tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_synthetic_files_say_so_and_replace_their_twins(
    rows: pd.DataFrame, write_marts: Callable[..., Path], marts: Path, tmp_path: Path
) -> None:
    write_dfe(marts, Q2, tmp_path / "out")
    made_up = rows.assign(release_id="SYNTHETIC-1")
    paths = write_dfe(write_marts(made_up), Q2, tmp_path / "out")
    assert all(p.name.startswith("synthetic_riia_london_202526_q2") for p in paths)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {p.name for p in paths}


def test_quarter_without_returns_writes_nothing(marts: Path, tmp_path: Path) -> None:
    assert write_dfe(marts, Quarter(2025, 1), tmp_path / "out") == []


def test_region_is_a_setting(marts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exports.riia_set.product_settings", lambda _: {"la_region": "inner_outer"})
    data = read(write_dfe(marts, Q2, tmp_path)[0])
    assert cell(data, "E09000007", "cla")["region_name"] == "Inner London"
    assert cell(data, "E09000011", "cla")["region_code"] == "E13000002"
    assert cell(data, "", "cla")["region_code"] == LONDON


def test_formula_starts_are_neutralised() -> None:
    text = pd.Series(["=1+1", "+44", "-x", "@sum", "\tx", "\rx", "Camden", "a=b", ""])
    safe = formula_safe(text)
    assert safe.str.startswith("'").tolist() == [True] * 6 + [False] * 3


def test_an_authority_name_cannot_be_a_formula(
    rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    folder = write_marts(rows)
    areas = pd.read_parquet(folder / "dim_local_authority.parquet")
    areas.loc[areas["new_la_code"] == "E09000007", "la_name"] = "=HYPERLINK(1)"
    areas.to_parquet(folder / "dim_local_authority.parquet")
    data = read(write_dfe(folder, Q2, tmp_path / "out")[0])
    assert cell(data, "E09000007", "cla")["la_name"] == "'=HYPERLINK(1)"


def test_missing_mart_names_the_file_and_the_command(tmp_path: Path) -> None:
    with pytest.raises(MartError, match=r"fct_indicator\.parquet is missing.*liia run"):
        write_dfe(tmp_path, Q2, tmp_path / "out")


def test_missing_column_and_unknown_status_are_named(
    rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    folder = write_marts(rows)
    rows.drop(columns="numerator").to_parquet(folder / "fct_indicator.parquet")
    with pytest.raises(MartError, match="no column numerator"):
        write_dfe(folder, Q2, tmp_path / "out")
    with pytest.raises(MartError, match="Value status lost"):
        marts_module.value_symbols(pd.Series(["ok", "lost"]))
