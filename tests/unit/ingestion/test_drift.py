"""Two releases compared: whatever DfE did to the next one is named, and nothing else."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion import drift_content
from ingestion.conform import MAX_LISTED
from ingestion.contract import Column, Table, contract
from ingestion.drift import Release, compare
from ingestion.findings import Finding
from tests.unit.ingestion.releases import release

YEARS = ("2022", "2023", "2024")
LONDON = {"E09000007": "Camden", "E09000012": "Hackney", "E09000019": "Islington"}
OTHERS = {f"E0600000{n}": f"Town {n}" for n in range(1, 7)}
SEXES, AGES = ("Female", "Male"), ("Total", "Under 5", "5 and over")
FIGURES = ("Referrals", "Plans", "Plans_rate", "Days")
EES = [column for column in contract("published").tables[0].columns if column.role == "standard"]
TABLE = Table(
    name="made_up",
    title="Made up",
    columns=[
        *EES,
        Column(name="age", role="filter", headers=["age"]),
        Column(name="sex", role="filter", headers=["sex"]),
        Column(name="referrals", role="indicator", headers=["Referrals", "referral_count"]),
        Column(name="plans", role="indicator", headers=["Plans"]),
        Column(name="plans_rate", role="indicator", headers=["Plans_rate"]),
        Column(name="days", role="indicator", headers=["Days"]),
    ],
)
NEEDED = pd.DataFrame({"column_name": ["referrals"], "filter_key": ["age=Total; sex=Female"]})


def base() -> pd.DataFrame:
    """England and nine authorities, three years, two filters, four columns; figures at random."""
    areas = pd.DataFrame(
        [("National", "", "")]
        + [("Local authority", code, name) for code, name in (LONDON | OTHERS).items()],
        columns=["geographic_level", "new_la_code", "la_name"],
    )
    file = pd.DataFrame({"time_period": YEARS}).merge(areas, how="cross")
    for name, categories in (("sex", SEXES), ("age", AGES)):
        file = file.merge(pd.DataFrame({name: categories}), how="cross")
    standard = {"time_identifier": "Reporting year", "country_code": "E92", "country_name": "E"}
    file = file.assign(**standard, region_code="", region_name="", old_la_code="")
    made = np.random.default_rng(7)
    for name in FIGURES:
        figures = made.integers(40, 9000, len(file))
        file[name] = [f"{f / 10:.1f}" if name == "Plans_rate" else str(f) for f in figures]
    return file[[*(column.name for column in EES if column.name in file), "sex", "age", *FIGURES]]


def numbers(cells: pd.Series) -> pd.Series:
    return cells.astype("float64")


def found(after: pd.DataFrame, before: pd.DataFrame | None = None) -> list[Finding]:
    old = base() if before is None else before
    return compare(TABLE, release("2024", old, TABLE), release("2025", after, TABLE), NEEDED)


def only(after: pd.DataFrame, before: pd.DataFrame | None = None) -> Finding:
    (finding,) = found(after, before)
    assert finding.table == "made_up"
    assert finding.fix
    return finding


def split(file: pd.DataFrame, column: str, category: str, into: tuple[str, str]) -> pd.DataFrame:
    """The rows of a category as two, whose counts add up to it."""
    rows = file[file[column] == category]
    first, second = rows.copy(), rows.copy()
    for name in FIGURES:
        whole = numbers(rows[name]).astype(int)
        first[name] = (whole // 3).astype(str)
        second[name] = (whole - whole // 3).astype(str)
    first[column], second[column] = into
    return pd.concat([file[file[column] != category], first, second], ignore_index=True)


def test_the_same_release_in_another_order_of_rows_and_columns_is_no_news() -> None:
    assert found(base()) == []
    assert found(base().sample(frac=1, random_state=1)[list(base().columns)[::-1]]) == []


def test_a_known_alias_is_noted() -> None:
    finding = only(base().rename(columns={"Referrals": "referral_count"}))
    assert (finding.rule_id, finding.severity) == ("drift.column.renamed", "note")
    assert (finding.value, finding.expected, finding.cell) == ("referral_count", "Referrals", "M1")


@pytest.mark.parametrize("header", ["Referals_total", "Zebra"])
def test_a_lost_column_is_found_by_its_figures_whatever_it_is_called(header: str) -> None:
    finding = only(base().rename(columns={"Referrals": header}))
    assert (finding.rule_id, finding.severity) == ("drift.column.lost", "block")
    assert (finding.column, finding.suggestion, finding.cell) == ("referrals", header, "M1")
    assert finding.message.endswith(f"“{header}” holds the same figures in 180 of 180 shared lines")


def test_figures_decide_over_names() -> None:
    """“Plans_number” is a decoy, and not far off: the figures of Plans stand under “Other”."""
    file = base().rename(columns={"Plans": "Other"})
    file["Plans_number"] = (numbers(file["Other"]) * 1.05).astype(int).astype(str)
    lost, gained = found(file)
    assert (lost.rule_id, lost.severity, lost.suggestion) == ("drift.column.lost", "check", "Other")
    assert (gained.rule_id, gained.value) == ("drift.column.gained", "Plans_number")


def test_zeros_and_symbols_make_no_two_columns_the_same() -> None:
    old, new = base(), base().rename(columns={"Days": "Other"})
    old.loc[30:, "Days"] = new.loc[30:, "Other"] = "0"
    new.loc[:29, "Other"] = "5"
    lost, gained = found(new, old)
    assert (lost.rule_id, lost.suggestion, gained.rule_id) == (
        "drift.column.lost",
        None,
        "drift.column.gained",
    )
    old, new = base(), base().rename(columns={"Days": "Other"})
    old.loc[30:, "Days"] = new.loc[30:, "Other"] = "c"
    assert "in 30 of 30 shared lines" in only(new, old).message


def test_a_like_name_is_offered_where_the_figures_were_revised_with_it() -> None:
    file = base().rename(columns={"Plans": "plan_count"})
    file["plan_count"] = (numbers(file["plan_count"]) * 1.03).astype(int).astype(str)
    finding = only(file)
    assert finding.suggestion == "plan_count"
    assert "is a like name; the same figures in 1" not in finding.message
    assert "is a like name" in finding.message


def test_a_lost_column_without_a_match_and_a_new_one() -> None:
    lost, gained = found(base().drop(columns="Days").assign(Colour="12"))
    assert (lost.rule_id, lost.severity, lost.suggestion) == ("drift.column.lost", "check", None)
    assert (gained.rule_id, gained.severity, gained.cell) == ("drift.column.gained", "note", "P1")


def test_a_filter_under_an_unknown_name_is_known_by_its_categories() -> None:
    finding = only(base().rename(columns={"age": "age_band"}))
    assert (finding.rule_id, finding.severity) == ("drift.column.lost", "block")
    assert finding.message.endswith("“age_band” holds 3 of its 3 categories")


def test_a_new_filter_that_gives_needed_figures_another_key_blocks() -> None:
    old = base().query("sex == 'Female'").drop(columns="sex")
    needed = NEEDED.assign(filter_key="age=Total")
    after = old.assign(sex="Total")
    (finding,) = compare(TABLE, release("2024", old, TABLE), release("2025", after, TABLE), needed)
    assert (finding.rule_id, finding.severity) == ("drift.column.gained", "block")


@pytest.mark.parametrize(("category", "severity"), [("Total", "block"), ("Under 5", "check")])
def test_a_renamed_category_is_found_by_its_figures(category: str, severity: str) -> None:
    finding = only(base().replace({"age": {category: "Something else"}}))
    assert (finding.rule_id, finding.severity) == ("drift.category.lost", severity)
    assert (finding.column, finding.expected, finding.suggestion) == (
        "age",
        category,
        "Something else",
    )
    assert "same figures in 240 of 240 shared lines" in finding.message


def test_a_category_missing_in_the_latest_year_alone_is_told() -> None:
    file = base().query("time_period != '2024' or age != 'Under 5'")
    finding = only(file)
    assert finding.message == "“Under 5” of “age” is not in the latest year of release 2025"


def test_a_needed_key_that_is_gone_while_its_categories_are_not_blocks() -> None:
    finding = only(base().query("age != 'Total' or sex != 'Female'"))
    assert (finding.rule_id, finding.severity) == ("drift.category.lost", "block")
    assert finding.expected == "age=Total; sex=Female"


def test_a_new_category_is_noted() -> None:
    more = base().query("age == 'Total'").assign(age="Not known", Referrals="3", Days="1")
    finding = only(pd.concat([base(), more.assign(Plans="2", Plans_rate="0.1")]))
    assert (finding.rule_id, finding.severity) == ("drift.category.gained", "note")
    assert finding.value == "Not known"


def test_a_split_category_is_told_with_its_parts() -> None:
    finding = only(split(base(), "age", "Total", ("Younger", "Older")))
    assert (finding.rule_id, finding.severity) == ("drift.category.split", "block")
    assert set(str(finding.suggestion).split(" + ")) == {"Younger", "Older"}
    assert "in 180 of 180 shared lines" in finding.message


def test_a_category_that_keeps_its_name_and_loses_a_part_is_split_and_not_revised() -> None:
    finding = only(split(base(), "age", "5 and over", ("5 and over", "18 and over")))
    assert (finding.rule_id, finding.severity) == ("drift.category.split", "check")
    assert (finding.expected, finding.suggestion) == ("5 and over", "5 and over + 18 and over")


def test_a_category_that_fell_beside_a_new_one_is_not_split_unless_they_add_up() -> None:
    file = split(base(), "age", "5 and over", ("5 and over", "Not known"))
    file.loc[file["age"] == "Not known", ["Referrals", "Plans", "Days"]] = "30"
    rules = sorted(finding.rule_id for finding in found(file))
    assert rules == ["drift.category.gained", *["drift.history.revised"] * 4]


def test_releases_read_back_from_parquet_as_categories_compare_the_same() -> None:
    before, after = release("2024", base(), TABLE), release("2025", base()[::-1], TABLE)
    frame = after.values  # noqa: PD011
    words = frame.select_dtypes("string").columns
    frame = frame.astype(dict.fromkeys(words, "category")).astype({"value": "float64"})
    assert compare(TABLE, before, Release("2025", after.columns, frame), NEEDED) == []


@pytest.mark.parametrize(("symbol", "severity"), [("??", "check"), ("u", "note")])
def test_a_symbol_is_told_once_where_it_is_new(symbol: str, severity: str) -> None:
    file = base()
    file.loc[[0, 1, 2], "Days"] = symbol
    finding, revised = sorted(found(file), key=lambda f: f.rule_id, reverse=True)
    assert (finding.rule_id, finding.severity) == ("drift.symbol.new", severity)
    assert (finding.value, finding.count, finding.cell) == (symbol, 3, "P2")
    assert (revised.rule_id, revised.severity) == ("drift.history.revised", "note")
    assert "3 became a symbol" in revised.message
    again = base()
    again.loc[[5], "Days"] = symbol
    assert "drift.symbol.new" not in {f.rule_id for f in found(file, again)}


def test_a_lost_london_authority_is_named_first_and_others_are_noted() -> None:
    lost = only(base().query("la_name not in ['Town 1', 'Hackney']"))
    assert (lost.rule_id, lost.severity, lost.count) == ("drift.area.lost", "check", 2)
    assert lost.value == "Hackney, Town 1"
    assert only(base().query("la_name != 'Town 2'")).severity == "note"
    gained = only(base(), base().query("la_name != 'Town 2'"))
    assert (gained.rule_id, gained.severity, gained.value) == (
        "drift.area.gained",
        "note",
        "Town 2",
    )


def test_an_authority_missing_in_some_years_is_told_with_them() -> None:
    file = base().query("la_name != 'Camden' or time_period == '2024'")
    assert only(file).value == "Camden (2022, 2023)"


def test_an_authority_with_a_new_code_is_told_with_it() -> None:
    gained, lost = found(base().replace({"new_la_code": {"E06000003": "E06000099"}}))
    assert (lost.severity, lost.value) == ("note", "Town 3 (now E06000099)")
    assert (gained.rule_id, gained.value) == ("drift.area.gained", "Town 3")


def test_years_lost_and_new() -> None:
    more = base().query("time_period == '2024'").assign(time_period="2025")
    lost, gained = found(pd.concat([base().query("time_period != '2022'"), more]))
    assert (lost.rule_id, lost.severity, lost.value) == ("drift.period.lost", "check", "2022")
    assert (gained.rule_id, gained.severity, gained.value) == (
        "drift.period.gained",
        "note",
        "2025",
    )


def test_levels_lost_and_new_without_their_areas() -> None:
    rest = base().query("geographic_level != 'National'")
    lost = only(rest)
    assert (lost.rule_id, lost.severity, lost.value) == ("drift.level.lost", "check", "National")
    gained = only(base(), rest)
    assert (gained.rule_id, gained.severity) == ("drift.level.gained", "note")


@pytest.mark.parametrize(
    "change",
    [
        {"time_identifier": {"Reporting year": "Financial year"}},
        {"time_period": {year: f"{year}{int(year[2:]) + 1}" for year in YEARS}},
    ],
)
def test_another_kind_of_year_blocks(change: dict) -> None:
    first = next(f for f in found(base().replace(change)))
    assert (first.rule_id, first.severity) == ("drift.identifier.changed", "block")
    assert "drift.period.lost" not in {f.rule_id for f in found(base().replace(change))}


def test_a_revision_is_counted_and_its_largest_cell_shown() -> None:
    file = base()
    file.loc[20, "Days"] = str(int(numbers(file["Days"])[20] * 3))
    file.loc[30, "Days"] = str(int(numbers(file["Days"])[30] + 1))
    finding = only(file)
    assert (finding.rule_id, finding.severity, finding.count) == (
        "drift.history.revised",
        "note",
        2,
    )
    assert (finding.cell, finding.row, finding.value) == ("P22", 22, file.loc[20, "Days"])
    assert f"{file.loc[20, 'la_name']} 2022" in finding.message
    assert "(+200%)" in finding.message


def test_a_revision_of_most_figures_is_a_check() -> None:
    file = base()
    file["Days"] = (numbers(file["Days"]) * 1.02 + 1).astype(int).astype(str)
    assert only(file).severity == "check"


def test_rounding_is_no_revision_and_one_more_child_is() -> None:
    file = base()
    file["Plans_rate"] = (numbers(file["Plans_rate"]) + 0.1).map("{:.1f}".format)
    assert found(file) == []
    file["Days"] = (numbers(file["Days"]) + 1).astype(int).astype(str)
    assert only(file).column == "days"


def test_a_column_that_holds_another_one_blocks() -> None:
    swapped = {"Plans": "Days", "Days": "Plans"}
    findings = found(base().rename(columns=swapped))
    assert [(f.rule_id, f.severity) for f in findings] == [("drift.history.revised", "block")] * 2
    assert {f.column: f.suggestion for f in findings} == {"plans": "Days", "days": "Plans"}


def test_a_column_that_holds_something_else_is_no_flood_of_symbols() -> None:
    file = base()
    texts = {name: [f"{name} {n}" for n in range(len(file))] for name in ("Days", "Plans")}
    symbols = [f for f in found(file.assign(**texts)) if f.rule_id == "drift.symbol.new"]
    assert len(symbols) == MAX_LISTED
    assert sum(f.count for f in symbols) == 2 * len(file)
    more = f"(and {2 * len(file) - MAX_LISTED} more symbols)"
    assert sum(f.message.endswith(more) for f in symbols) == 1


def test_a_symbol_in_place_of_a_code_and_another_region_are_the_same_area() -> None:
    file = base()
    file["new_la_code"] = file["new_la_code"].replace("", "z")
    assert found(file.assign(region_code="E13000001")) == []


@pytest.mark.parametrize(
    ("left", "right", "like"),
    [
        ("No_Further_Action", "noFurtherActionCount", True),
        ("turnover_rate_fte_%", "turnover_rate_fte", True),
        ("Referrals", "referals_total", True),
        ("Referrals", "Referrals_child", False),
        ("Referrals", "Referrals_rate", False),
        ("Duration_0-10_days", "Duration_11-15_days", False),
    ],
)
def test_names_are_alike_but_for_case_and_words_for_counts(
    left: str, right: str, like: bool
) -> None:
    assert (drift_content.alike(left, right) >= drift_content.ALIKE) == like


def renamed(draw: st.DrawFn, file: pd.DataFrame) -> tuple[pd.DataFrame, str, set[str]]:
    column = draw(st.sampled_from(FIGURES))
    header = "q" + draw(st.text("abcdefghijkmnoprstuvwxyz_", min_size=4, max_size=20)) + "q"
    return file.rename(columns={column: header}), header, {"drift.column.lost"}


def dropped(draw: st.DrawFn, file: pd.DataFrame) -> tuple[pd.DataFrame, str, set[str]]:
    column = draw(st.sampled_from(FIGURES))
    return file.drop(columns=column), column, {"drift.column.lost"}


def parted(draw: st.DrawFn, file: pd.DataFrame) -> tuple[pd.DataFrame, str, set[str]]:
    column, category = draw(
        st.sampled_from([("sex", s) for s in SEXES] + [("age", a) for a in AGES])
    )
    file = split(file, column, category, (f"{category} one", f"{category} two"))
    return file, category, {"drift.category.split"}


def spoiled(draw: st.DrawFn, file: pd.DataFrame) -> tuple[pd.DataFrame, str, set[str]]:
    column = draw(st.sampled_from(FIGURES))
    rows = draw(st.lists(st.sampled_from(list(file.index)), min_size=1, max_size=20))
    file.loc[rows, column] = "§§"
    return file, "§§", {"drift.symbol.new", "drift.history.revised"}


def without(draw: st.DrawFn, file: pd.DataFrame) -> tuple[pd.DataFrame, str, set[str]]:
    name = draw(st.sampled_from([*LONDON.values(), *OTHERS.values()]))
    return file[file["la_name"] != name], name, {"drift.area.lost"}


def scaled(draw: st.DrawFn, file: pd.DataFrame) -> tuple[pd.DataFrame, str, set[str]]:
    column = draw(st.sampled_from(FIGURES))
    file[column] = (numbers(file[column]) * 10).map("{:g}".format)
    return file, f"“{column}” looks like another", {"drift.history.revised"}


@st.composite
def damaged(draw: st.DrawFn) -> tuple[pd.DataFrame, str, set[str]]:
    """A release with one thing wrong, in any order of rows and columns; its name; what follows."""
    damage: Callable = draw(st.sampled_from([renamed, dropped, parted, spoiled, without, scaled]))
    file, name, rules = damage(draw, base())
    file = file.sample(frac=1, random_state=draw(st.integers(0, 99)))
    return file[draw(st.permutations(list(file.columns)))], name, rules


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_one_damage_is_named_and_nothing_else(
    damage: tuple[pd.DataFrame, str, set[str]],
) -> None:
    after, name, rules = damage
    findings = found(after)
    assert {finding.rule_id for finding in findings} == rules
    assert any(name in f"{finding.message} {finding.value}" for finding in findings)
    assert {f.column for f in findings} == {findings[0].column}
