"""CSV pairs for the screening: one without fault, and for each check a fault that it must find.

The small pair has the columns of our own DfE CSV, so that the same faults are made in both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

META = [
    "col_name",
    "col_type",
    "label",
    "indicator_grouping",
    "indicator_unit",
    "indicator_dp",
    "filter_hint",
    "filter_grouping_column",
]


@dataclass
class Pair:
    """Two frames of text, and how they are to be named and encoded."""

    data: pd.DataFrame
    meta: pd.DataFrame
    name: str = "own_figures"
    meta_name: str | None = None
    encoding: str = "utf-8"

    def write(self, folder: Path) -> Path:
        """Write both and return the data file."""
        data = folder / f"{self.name}.csv"
        meta = folder / (self.meta_name or f"{self.name}.meta.csv")
        self.data.to_csv(data, index=False, encoding=self.encoding)
        self.meta.to_csv(meta, index=False, encoding=self.encoding)
        return data

    def row_of(self, level: str) -> int:
        return int((self.data["geographic_level"] == level).idxmax())

    def put(self, level: str, **cells: str) -> None:
        """Write cells into the first row of a level."""
        self.data.loc[self.row_of(level), list(cells)] = list(cells.values())

    def describe(self, col_name: str, col_type: str, **cells: str) -> None:
        """Add a row to the meta file."""
        row = {"col_name": col_name, "col_type": col_type, "label": f"Label of {col_name}"} | cells
        if col_type == "Indicator":
            row = {"indicator_dp": "0"} | row
        self.meta.loc[len(self.meta)] = [row.get(name, "") for name in self.meta.columns]

    def change(self, col_name: str, /, **cells: str) -> None:
        """Write cells into the rows of the meta file about a column."""
        self.meta.loc[self.meta["col_name"] == col_name, list(cells)] = list(cells.values())

    def column(self, name: str, first: str, others: str) -> None:
        """Add a column to the data file: one cell, and the same in all others."""
        self.data[name] = [first, *[others] * (len(self.data) - 1)]


def good_pair() -> Pair:
    """Two authorities and London, two indicators and their total, without any fault."""
    places = [
        ("Local authority", "202", "E09000007", "Camden"),
        ("Local authority", "306", "E09000008", "Croydon"),
        ("Regional", "", "", ""),
    ]
    rows = [
        [
            *("202526", "Financial year Q2", level, "E92000001", "England", "E12000007", "London"),
            *(*codes, indicator.lower(), indicator, unit, "7", "70", "10.0"),
        ]
        for level, *codes in places
        for indicator, unit in (("Total", "Total"), ("Contacts", "Number"), ("Plans", "Rate"))
    ]
    data = pd.DataFrame(
        rows,
        columns=[
            *("time_period", "time_identifier", "geographic_level", "country_code"),
            *("country_name", "region_code", "region_name", "old_la_code", "new_la_code"),
            *("la_name", "indicator_code", "indicator", "unit", "numerator", "denominator"),
            "value",
        ],
        dtype="str",
    )
    data["indicator_code"] = data["indicator_code"].replace("total", "Total")
    pair = Pair(data, pd.DataFrame(columns=META, dtype="str"))
    for name in ("indicator_code", "indicator", "unit"):
        pair.describe(name, "Filter")
    for name in ("numerator", "denominator", "value"):
        pair.describe(name, "Indicator", indicator_grouping="Figures", indicator_dp="1")
    return pair


def write_dictionary(folder: Path) -> Path:
    """A folder with a data dictionary that knows what the pair has, and one harmonised filter."""
    names = ["numerator", "denominator", "value", "indicator_code", "indicator", "unit"]
    rows = [(name, "Indicator", "") for name in names]
    rows += [("education_phase", "Filter", "Primary"), ("education_phase", "Filter", "Secondary")]
    frame = pd.DataFrame(rows, columns=["col_name", "col_type", "filter_item"])
    folder.mkdir()
    frame.to_csv(folder / "data-dictionary.csv", index=False)
    return folder


# --- Faults, each by the check that must find it ---


def utf8(pair: Pair) -> None:
    pair.change("value", label="Valeur (décimale)")
    pair.encoding = "cp1252"


def naming_convention(pair: Pair) -> None:
    pair.meta_name = "own_figures_meta.csv"


def meta_filename_spaces(pair: Pair) -> None:
    pair.name = "own figures"


def meta_filename_special_characters(pair: Pair) -> None:
    pair.name = "own+figures.v2"


def data_mandatory_cols(pair: Pair) -> None:
    pair.data = pair.data.drop(columns="time_period")


def meta_mandatory_cols(pair: Pair) -> None:
    pair.meta = pair.meta.drop(columns="indicator_dp")


def duplicate_variable_names(pair: Pair) -> None:
    pair.data = pair.data.rename(columns={"denominator": "numerator"})


def data_empty_cols(pair: Pair) -> None:
    pair.column("remarks", "", "")


def invalid_meta_cols(pair: Pair) -> None:
    pair.meta["remarks"] = "none"


def meta_to_data_crosscheck(pair: Pair) -> None:
    pair.describe("gone", "Indicator")


def data_to_meta_crosscheck(pair: Pair) -> None:
    pair.column("colour", "Blue", "Red")


def ob_unit_meta(pair: Pair) -> None:
    pair.describe("la_name", "Filter")


def col_name_duplicate(pair: Pair) -> None:
    pair.describe("value", "Indicator")


def duplicate_label(pair: Pair) -> None:
    pair.change("value", label="Same")
    pair.change("numerator", label="Same")


def indicator_grouping(pair: Pair) -> None:
    pair.change("unit", indicator_grouping="Figures")


def indicator_group_stripped(pair: Pair) -> None:
    pair.change("value", indicator_grouping="Fig-ures")


def indicator_unit(pair: Pair) -> None:
    pair.change("unit", indicator_unit="%")


def indicator_unit_validation(pair: Pair) -> None:
    pair.change("value", indicator_unit="$")


def indicator_dp(pair: Pair) -> None:
    pair.change("unit", indicator_dp="1")


def indicator_dp_validation(pair: Pair) -> None:
    pair.change("value", indicator_dp="-1")


def indicator_dp_completed(pair: Pair) -> None:
    pair.change("value", indicator_dp="")


def filter_group(pair: Pair) -> None:
    pair.change("value", filter_grouping_column="unit")


def filter_group_duplicate(pair: Pair) -> None:
    pair.change("indicator_code", filter_grouping_column="unit")
    pair.change("indicator", filter_grouping_column="unit")


def filter_group_is_filter(pair: Pair) -> None:
    pair.column("theme", "Total", "Front door")
    pair.change("indicator", filter_grouping_column="theme")


def time_identifier(pair: Pair) -> None:
    pair.put("Regional", time_identifier="financial year Q2")


def time_identifier_mix(pair: Pair) -> None:
    pair.put("Regional", time_identifier="Financial year")


def time_period_six(pair: Pair) -> None:
    pair.put("Regional", time_period="202527")


def geographic_level(pair: Pair) -> None:
    pair.put("Regional", geographic_level="Region")


def geography_level_present(pair: Pair) -> None:
    pair.data = pair.data.drop(columns=["region_code", "region_name"])


def geography_level_completed(pair: Pair) -> None:
    pair.put("Local authority", la_name="")


def overcompleted_cols(pair: Pair) -> None:
    pair.put("Regional", old_la_code="202", new_la_code="E09000007", la_name="Camden")


def la_col_present(pair: Pair) -> None:
    pair.data = pair.data.drop(columns="old_la_code")


def region_col_present(pair: Pair) -> None:
    pair.data = pair.data.drop(columns="region_name")


def geographic_catch(pair: Pair) -> None:
    pair.column("Trust Name", "Ours", "Theirs")


def observational_total(pair: Pair) -> None:
    pair.put("Regional", region_name="Total")


def la_combinations(pair: Pair) -> None:
    pair.put("Local authority", la_name="Camdon")


def lad_combinations(pair: Pair) -> None:
    _places(pair, "lad_code", "lad_name")


def pcon_combinations(pair: Pair) -> None:
    _places(pair, "pcon_code", "pcon_name")


def lep_combinations(pair: Pair) -> None:
    _places(pair, "local_enterprise_partnership_code", "local_enterprise_partnership_name")


def ward_combinations(pair: Pair) -> None:
    _places(pair, "ward_code", "ward_name")
    pair.put("Local authority", geographic_level="Ward")


def _places(pair: Pair, code: str, name: str) -> None:
    pair.column(code, "E99000001", "")
    pair.column(name, "Nowhere", "")


def na_geography(pair: Pair) -> None:
    pair.put("Local authority", new_la_code="x")


def na_geography_code(pair: Pair) -> None:
    pair.put("Local authority", la_name="Not available")


def region_for_la(pair: Pair) -> None:
    pair.put("Local authority", region_code="", region_name="")


def region_for_lad(pair: Pair) -> None:
    _places(pair, "lad_code", "lad_name")
    pair.put("Local authority", lad_code="E09000007", lad_name="Camden", region_code="")
    pair.put("Local authority", region_name="", geographic_level="Local authority district")


def blanks_filters(pair: Pair) -> None:
    pair.put("Local authority", unit="")


def whitespace_filters(pair: Pair) -> None:
    pair.put("Local authority", unit="Number ")


def filter_level(pair: Pair) -> None:
    pair.column("colour", "Blue", "Blue")
    pair.describe("colour", "Filter")


def total(pair: Pair) -> None:
    pair.data["unit"] = pair.data["unit"].replace("Total", "All")


def filter_group_stripped(pair: Pair) -> None:
    pair.column("theme", "Front-door", "Front door")
    pair.change("indicator", filter_grouping_column="theme")


def duplicate_rows(pair: Pair) -> None:
    pair.data = pd.concat([pair.data, pair.data.tail(1).assign(value="11.5")])


def blanks_indicators(pair: Pair) -> None:
    pair.put("Local authority", value="")


def no_data_symbols(pair: Pair) -> None:
    pair.put("Local authority", value="1,204")


def obsolete_symbols(pair: Pair) -> None:
    pair.put("Local authority", value="..")


def variable_name_length(pair: Pair) -> None:
    pair.data = pair.data.rename(columns={"value": "the value"})
    pair.change("value", col_name="the value")


def filter_item_length(pair: Pair) -> None:
    pair.put("Local authority", unit="u" * 121)


def standard_filter_headers(pair: Pair) -> None:
    pair.column("minor_ethnicity", "Total", "Irish")
    pair.describe("minor_ethnicity", "Filter")


def variable_characteristic(pair: Pair) -> None:
    pair.column("characteristic", "Total", "Male")


def ethnicity_values(pair: Pair) -> None:
    pair.column("ethnicity_major", "Total", "White British")


def ethnicity_characteristic_group(pair: Pair) -> None:
    pair.column("characteristic_group", "Ethnic group", "Total")
    pair.column("characteristic", "White", "Total")


def ethnicity_characteristic_values(pair: Pair) -> None:
    pair.column("characteristic_group", "Ethnicity Major", "Total")
    pair.column("characteristic", "White British", "Total")


def check_data_dictionary_col_name(pair: Pair) -> None:
    pair.data = pair.data.rename(columns={"value": "worth"})
    pair.change("value", col_name="worth")


def check_data_dictionary_filter_item(pair: Pair) -> None:
    pair.column("education_phase", "Primery", "Secondary")
    pair.describe("education_phase", "Filter")


FAULTS: dict[str, Callable[[Pair], None]] = {
    fault.__name__: fault
    for fault in (
        *(utf8, naming_convention, meta_filename_spaces, meta_filename_special_characters),
        *(data_mandatory_cols, meta_mandatory_cols, duplicate_variable_names, data_empty_cols),
        *(invalid_meta_cols, meta_to_data_crosscheck, data_to_meta_crosscheck, ob_unit_meta),
        *(col_name_duplicate, duplicate_label, indicator_grouping, indicator_group_stripped),
        *(indicator_unit, indicator_unit_validation, indicator_dp, indicator_dp_validation),
        *(indicator_dp_completed, filter_group, filter_group_duplicate, filter_group_is_filter),
        *(time_identifier, time_identifier_mix, time_period_six, geographic_level),
        *(geography_level_present, geography_level_completed, overcompleted_cols, la_col_present),
        *(region_col_present, geographic_catch, observational_total, la_combinations),
        *(lad_combinations, pcon_combinations, lep_combinations, ward_combinations, na_geography),
        *(na_geography_code, region_for_la, region_for_lad, blanks_filters, whitespace_filters),
        *(filter_level, total, filter_group_stripped, duplicate_rows, blanks_indicators),
        *(no_data_symbols, obsolete_symbols, variable_name_length, filter_item_length),
        *(standard_filter_headers, variable_characteristic, ethnicity_values),
        *(ethnicity_characteristic_group, ethnicity_characteristic_values),
        *(check_data_dictionary_col_name, check_data_dictionary_filter_item),
    )
}
