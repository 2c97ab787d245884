"""The checks in the order of the report: each once, by the name under which DfE's screening has it.

A check names those it needs: where one of them failed or did not run, it is said as not run. What
it `asks` is a sentence that holds of a file without fault; `at_worst` is its result on others.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ingestion.screening.checks import dictionary, files, filters, geography, indicators, limits
from ingestion.screening.checks import meta as meta_checks
from ingestion.screening.checks import time as time_checks
from ingestion.screening.lists import Lists
from ingestion.screening.pair import Meta, Table
from ingestion.screening.results import Outcome, Result

# What must stand before cells of the data file, rows of the meta file, or both can be looked at.
_DATA = ("data_mandatory_cols", "duplicate_variable_names")
_META = ("meta_mandatory_cols", "duplicate_variable_names")
_BOTH = ("data_mandatory_cols", *_META, "meta_to_data_crosscheck")


@dataclass(frozen=True)
class Check:
    function: Callable[[Table, Meta, Lists], Result]
    at_worst: Outcome
    asks: str
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.function.__name__


CHECKS = (
    # The files
    Check(files.utf8, "FAIL", "Both files are text in UTF-8."),
    Check(
        files.naming_convention,
        "FAIL",
        "The files are name.csv and name.meta.csv, in lower case.",
    ),
    Check(files.meta_filename_spaces, "FAIL", "Neither file name has a space."),
    Check(
        files.meta_filename_special_characters,
        "FAIL",
        "File names have English letters, digits, underscores and hyphens only.",
    ),
    Check(files.duplicate_variable_names, "FAIL", "No column name stands twice in a header."),
    Check(
        files.data_mandatory_cols,
        "FAIL",
        "The data file is a table with rows, and has the five columns that every file has.",
    ),
    Check(
        files.meta_mandatory_cols,
        "FAIL",
        "The meta file is there with its eight columns; each row is a Filter or an Indicator.",
        ("duplicate_variable_names",),
    ),
    Check(files.data_empty_cols, "FAIL", "Every column of the data file has a name and content."),
    # The meta file, and the two together
    Check(meta_checks.invalid_meta_cols, "FAIL", "The meta file has no column of its own.", _META),
    Check(
        meta_checks.meta_to_data_crosscheck,
        "FAIL",
        "Every column that the meta file names is in the data file.",
        (*_DATA, "meta_mandatory_cols"),
    ),
    Check(
        meta_checks.data_to_meta_crosscheck,
        "ADVISORY",
        "The meta file describes every column of the data file but those of time and place.",
        (*_DATA, "meta_mandatory_cols"),
    ),
    Check(
        meta_checks.ob_unit_meta,
        "FAIL",
        "The meta file does not describe columns of time and place.",
        _META,
    ),
    Check(
        meta_checks.col_name_duplicate, "FAIL", "The meta file has one row for each column.", _META
    ),
    Check(
        meta_checks.duplicate_label, "FAIL", "Each column has a label, and no two the same.", _META
    ),
    Check(meta_checks.indicator_grouping, "FAIL", "Filters have no indicator_grouping.", _META),
    Check(
        meta_checks.indicator_group_stripped,
        "FAIL",
        "No two indicator groups are alike but for spaces or signs.",
        _META,
    ),
    Check(meta_checks.indicator_unit, "FAIL", "Filters have no indicator_unit.", _META),
    Check(
        meta_checks.indicator_unit_validation,
        "FAIL",
        "Units of indicators are those of the standard, or blank.",
        _META,
    ),
    Check(meta_checks.indicator_dp, "FAIL", "Filters have no indicator_dp.", _META),
    Check(
        meta_checks.indicator_dp_validation,
        "FAIL",
        "Decimal places of indicators are whole numbers, or blank.",
        _META,
    ),
    Check(
        meta_checks.indicator_dp_completed,
        "ADVISORY",
        "Every indicator says its decimal places.",
        _META,
    ),
    Check(meta_checks.filter_group, "FAIL", "Indicators have no filter_grouping_column.", _META),
    Check(meta_checks.filter_group_duplicate, "FAIL", "No column groups two filters.", _META),
    Check(
        meta_checks.filter_group_is_filter,
        "WARNING",
        "A column that groups a filter is described as a filter itself.",
        _META,
    ),
    # Time
    Check(time_checks.time_identifier, "FAIL", "time_identifier is one of the standard's.", _DATA),
    Check(
        time_checks.time_identifier_mix,
        "FAIL",
        "The file has one kind of period.",
        (*_DATA, "time_identifier"),
    ),
    Check(
        time_checks.time_period_six,
        "FAIL",
        "time_period has the digits of its identifier; six are two years in a row.",
        (*_DATA, "time_identifier"),
    ),
    # Places
    Check(geography.geographic_level, "FAIL", "geographic_level is one of the standard's.", _DATA),
    Check(
        geography.geography_level_present,
        "FAIL",
        "The columns of every level in the file are there.",
        (*_DATA, "geographic_level"),
    ),
    Check(
        geography.geography_level_completed,
        "FAIL",
        "Each row names its country and the place of its level, which DfE's list has.",
        (*_DATA, "geographic_level", "geography_level_present"),
    ),
    Check(
        geography.overcompleted_cols,
        "FAIL",
        "No row of a nation, region or authority names a smaller place.",
        (*_DATA, "geographic_level"),
    ),
    Check(
        geography.la_col_present,
        "FAIL",
        "Of old_la_code, new_la_code and la_name all are there, or none.",
        _DATA,
    ),
    Check(
        geography.region_col_present,
        "FAIL",
        "Of region_code and region_name both are there, or none.",
        _DATA,
    ),
    Check(
        geography.geographic_catch,
        "FAIL",
        "Columns of time and place have exactly the names of the standard.",
        _DATA,
    ),
    Check(geography.observational_total, "FAIL", "No column of time or place says Total.", _DATA),
    Check(
        geography.la_combinations,
        "FAIL",
        "Codes and names of authorities stand together as on DfE's list.",
        _DATA,
    ),
    Check(
        geography.lad_combinations,
        "FAIL",
        "Codes and names of districts stand together as on DfE's list.",
        _DATA,
    ),
    Check(
        geography.pcon_combinations,
        "FAIL",
        "Codes and names of constituencies stand together as on DfE's list.",
        _DATA,
    ),
    Check(
        geography.lep_combinations,
        "FAIL",
        "Codes and names of enterprise partnerships stand together as on DfE's list.",
        _DATA,
    ),
    Check(
        geography.ward_combinations,
        "FAIL",
        "Codes and names of wards stand together as on DfE's list.",
        _DATA,
    ),
    Check(geography.na_geography, "FAIL", "A place with code x has the name Not available.", _DATA),
    Check(
        geography.na_geography_code,
        "FAIL",
        "A place with the name Not available has code x.",
        _DATA,
    ),
    Check(
        geography.region_for_la,
        "ADVISORY",
        "Rows of authorities have their region.",
        (*_DATA, "geographic_level"),
    ),
    Check(
        geography.region_for_lad,
        "ADVISORY",
        "Rows of districts have their region.",
        (*_DATA, "geographic_level"),
    ),
    # Filters and rows
    Check(filters.blanks_filters, "FAIL", "No filter is blank.", _BOTH),
    Check(filters.whitespace_filters, "FAIL", "No filter item begins or ends with a space.", _BOTH),
    Check(filters.filter_level, "FAIL", "Every filter has at least two items.", _BOTH),
    Check(
        filters.total, "ADVISORY", "Every filter has the item Total, or its filter_default.", _BOTH
    ),
    Check(
        filters.filter_group_stripped,
        "FAIL",
        "No two filter groups are alike but for spaces or signs.",
        _BOTH,
    ),
    Check(
        filters.duplicate_rows,
        "FAIL",
        "There is one row for each time, place and combination of filters.",
        _BOTH,
    ),
    # Indicators
    Check(indicators.blanks_indicators, "FAIL", "No indicator is blank.", _BOTH),
    Check(
        indicators.no_data_symbols,
        "FAIL",
        "Indicators are numbers or symbols; words for no data are advised against.",
        _BOTH,
    ),
    Check(indicators.obsolete_symbols, "ADVISORY", "No symbol is obsolete.", _BOTH),
    # Limits of the API
    Check(
        limits.variable_name_length,
        "FAIL",
        "Column names have no spaces, are in snake_case and, as labels, short enough for the API.",
        _BOTH,
    ),
    Check(
        limits.filter_item_length,
        "ADVISORY",
        "Filter items, codes and names of places are short enough for the API.",
        _BOTH,
    ),
    # What DfE calls things
    Check(
        dictionary.standard_filter_headers,
        "FAIL",
        "Filters that DfE has harmonised have its names.",
        _BOTH,
    ),
    Check(
        dictionary.variable_characteristic, "ADVISORY", "No column is called characteristic.", _DATA
    ),
    Check(dictionary.ethnicity_values, "ADVISORY", "Ethnic groups are the harmonised ones.", _DATA),
    Check(
        dictionary.ethnicity_characteristic_group,
        "FAIL",
        "Topics on ethnicity have harmonised names.",
        _DATA,
    ),
    Check(
        dictionary.ethnicity_characteristic_values,
        "ADVISORY",
        "Ethnic groups under a topic are the harmonised ones.",
        _DATA,
    ),
    Check(
        dictionary.check_data_dictionary_col_name,
        "ADVISORY",
        "Names of columns are in DfE's data dictionary.",
        _BOTH,
    ),
    Check(
        dictionary.check_data_dictionary_filter_item,
        "ADVISORY",
        "Items of filters are in DfE's data dictionary.",
        _BOTH,
    ),
)
