"""Seeds against what they were made from, and against each other where dbt cannot see."""

import re
from datetime import date
from itertools import pairwise

import holidays
import pytest

from ingestion.contract import contract
from ingestion.periods import Quarter, add_working_days, working_days
from ingestion.registry import measures_of_set, seed
from ingestion.sources.published_dataset import categories
from orchestration.home import DBT_PROJECT

PUBLISHED_MAPPINGS = (
    "registry/published_measures",
    "registry/published_indicators",
    "registry/published_populations",
)


def test_quarters_are_those_of_the_calendar_module() -> None:
    quarters = seed("reference/quarters").to_dict("records")
    assert len(quarters) == 40
    for row in quarters:
        quarter = Quarter.parse(row["quarter_label"])
        assert (row["quarter_start"], row["quarter_end"]) == (
            quarter.start.isoformat(),
            quarter.end.isoformat(),
        )
        assert int(row["working_days"]) == working_days(quarter.start, quarter.end)
        assert row["return_due"] == add_working_days(quarter.end, 20).isoformat()


def test_bank_holidays_are_england_s() -> None:
    library = holidays.country_holidays("GB", subdiv="ENG", years=range(2008, 2031))
    ours = {date.fromisoformat(day) for day in seed("reference/bank_holidays")["holiday_date"]}
    assert ours == set(library)


def test_london_has_33_authorities_each_with_what_a_comparison_needs() -> None:
    las = seed("reference/local_authorities").query("is_london == 'true'")
    codes = set(las["new_la_code"])
    assert len(codes) == las["short_code"].nunique() == las["old_la_code"].nunique() == 33
    assert set(seed("reference/sub_regions")["new_la_code"]) == codes
    neighbours = seed("reference/statistical_neighbours")
    counts = neighbours.groupby(["model_version", "new_la_code"]).size()
    assert counts.to_list() == [10] * 66
    populations = seed("reference/populations")
    for release, newest in (("2024", 2023), ("2025", 2024)):
        held = populations[populations["population_release"] == release]
        for year in range(2012, newest + 1):
            assert codes <= set(held.loc[held["mid_year"] == str(year), "area_code"])


@pytest.mark.parametrize(
    ("set_id", "items", "status"),
    [("riia_2022_31", 31, "labels_confirmed"), ("riia_2018_18", 18, "candidate")],
)
def test_sets_hold_the_items_they_are_known_by(set_id: str, items: int, status: str) -> None:
    members = seed("registry/indicator_set_members").query(f"set_id == '{set_id}'")
    assert members["item_no"].nunique() == items
    sets = seed("registry/indicator_sets").set_index("set_id")
    assert sets.loc[set_id, "status"] == status


def test_sets_of_the_return_follow_each_other_without_a_gap() -> None:
    sets = seed("registry/indicator_sets").query("set_id.str.startswith('riia_')")
    sets = sets.sort_values("valid_from").to_dict("records")
    for earlier, later in pairwise(sets):
        gap = date.fromisoformat(later["valid_from"]) - date.fromisoformat(earlier["valid_to"])
        assert gap.days == 1


def test_every_mapped_column_is_an_indicator_column_of_its_contract() -> None:
    """A typo here would lose a measure without an error: the join would just find nothing."""
    known = {
        (table.name, column.name)
        for table in contract("published").tables
        for column in table.columns
        if column.role == "indicator"
    }
    for name in PUBLISHED_MAPPINGS:
        mapping = seed(name)
        rows = set(zip(mapping["dataset"], mapping["column_name"], strict=True))
        assert rows <= known, rows - known


@pytest.mark.parametrize("name", PUBLISHED_MAPPINGS)
def test_every_mapped_category_is_one_of_its_contract(name: str) -> None:
    """All filters of the dataset are named, in the contract's order and the contract's words."""
    for dataset, key in seed(name)[["dataset", "filter_key"]].itertuples(index=False):
        filters = [c for c in contract("published").table(dataset).columns if c.role == "filter"]
        named = dict(part.split("=") for part in key.split("; ")) if key else {}
        assert list(named) == [column.name for column in filters], (dataset, key)
        for column in filters:
            assert named[column.name] in categories(column), (dataset, key)


def test_a_figure_is_taken_from_one_dataset_and_its_base_from_the_same_file() -> None:
    mapping = seed("registry/published_measures")
    figures = mapping[mapping["use"] == "figure"]
    assert figures.groupby("measure_code")["dataset"].nunique().max() == 1
    # A base that no figure of its dataset needs would be read for nothing.
    terms = seed("registry/indicator_terms")
    for base in mapping[mapping["use"] == "base"].itertuples():
        needing = terms[
            (terms["role"] == "denominator") & (terms["measure_code"] == base.measure_code)
        ]
        numerators = terms[terms["indicator_code"].isin(needing["indicator_code"])]
        own = set(figures.loc[figures["dataset"] == base.dataset, "measure_code"])
        assert own & set(numerators["measure_code"]), base


def test_an_indicator_is_mapped_where_its_measures_are_and_says_so() -> None:
    mapping = seed("registry/published_measures")
    datasets = mapping.groupby("measure_code")["dataset"].agg(set)
    measures = seed("registry/indicator_terms").groupby("indicator_code")["measure_code"].agg(list)
    registered = seed("registry/indicators").set_index("indicator_code")
    for code, needed in measures.items():
        held = [datasets.get(measure, set()) for measure in needed]
        together = set.intersection(*held)
        assert (registered.loc[code, "published"] == "mapped") == bool(together), (code, held)
        named = bool(registered.loc[code, "published_file"])
        assert named == (registered.loc[code, "published"] != "no_counterpart"), code


def test_every_known_published_counterpart_is_mapped_or_listed() -> None:
    """33 items of the list and its supplement have a file at hand, and one a part of it."""
    states = seed("registry/indicators").groupby("published").size().to_dict()
    # The eleven sources of referral are one item.
    assert states == {"mapped": 44, "awaiting_file": 10, "no_counterpart": 5}


def test_a_measure_needs_columns_that_its_list_has() -> None:
    columns = {t.name: {c.name for c in t.columns} for t in contract("annex_a").tables}
    for row in seed("registry/annex_a_measures").itertuples():
        needed = [*filter(None, row.needs.split("|")), *row.needs_filled.split("|")]
        assert "child_id" in needed
        assert set(needed) <= columns[row.list_name], row.measure_code
        assert len(needed) == len(set(needed)), row.measure_code


def test_what_is_counted_from_annex_a_is_counted_over_what_the_measure_is() -> None:
    counted = seed("registry/annex_a_measures").merge(seed("registry/measures"), on="measure_code")
    over = {
        "quarter": "flow",
        "year": "flow",
        "quarter_end": "snapshot",
        "extract_date": "snapshot",
    }
    assert (counted["counted_over"].map(over) == counted["timing"]).all()


def test_an_indicator_comes_from_annex_a_where_its_measures_do_and_says_so() -> None:
    counted = seed("registry/annex_a_measures").query("use == 'figure'")
    proxies = counted.set_index("measure_code")["is_proxy"].eq("true")
    terms = seed("registry/indicator_terms").groupby("indicator_code")["measure_code"].agg(list)
    said = seed("registry/indicators").set_index("indicator_code")["annex_a"]
    for code, needed in terms.items():
        derivable = set(needed) <= set(proxies.index)
        found = ("proxy" if proxies[needed].any() else "yes") if derivable else "no"
        assert said[code] == found, code


def test_every_indicator_has_a_numerator_and_a_denominator_that_fits_its_unit() -> None:
    indicators = seed("registry/indicators").set_index("indicator_code")
    terms = seed("registry/indicator_terms")
    above = set(terms.query("role == 'numerator'")["indicator_code"])
    below = set(terms.query("role == 'denominator'")["indicator_code"])
    assert above == set(indicators.index)
    rates = indicators["unit"] == "rate_per_10000"
    shares = indicators["unit"].isin(["percent", "days"])
    assert (indicators.loc[rates, "population_band"] != "").all()
    assert not set(indicators.index[rates]) & below
    assert set(indicators.index[shares]) <= below
    assert (indicators.loc[rates, "multiplier"] == "10000").all()
    assert (indicators.loc[indicators["unit"] == "percent", "multiplier"] == "100").all()


def test_a_whole_and_its_parts_are_of_one_kind_and_have_one_tolerance() -> None:
    measures = seed("registry/measures").set_index("measure_code")
    parts = seed("registry/measure_breakdowns")
    for whole, rows in parts.groupby("total_measure_code"):
        assert rows["tolerance"].nunique() == 1
        kinds = measures.loc[[whole, *rows["part_measure_code"]], ["timing", "unit"]]
        assert len(kinds.drop_duplicates()) == 1
    assert (parts["total_measure_code"] == "referrals").sum() == 11


def test_a_stock_is_a_snapshot_and_what_feeds_and_drains_it_flows() -> None:
    timing = seed("registry/measures").set_index("measure_code")["timing"]
    for row in seed("registry/stock_flows").to_dict("records"):
        assert timing[row["stock_measure_code"]] == "snapshot"
        assert timing[row["inflow_measure_code"]] == timing[row["outflow_measure_code"]] == "flow"


def test_the_register_of_participation_has_every_authority_of_london() -> None:
    las = seed("reference/local_authorities").query("is_london == 'true'")
    assert set(seed("reference/participation")["new_la_code"]) == set(las["new_la_code"])


def test_rules_on_history_are_those_that_the_models_know() -> None:
    folder = DBT_PROJECT / "models" / "intermediate" / "quality"
    known = set()
    for path in folder.glob("*.sql"):
        known |= set(re.findall(r"'(history\.\w+)'", path.read_text(encoding="utf-8")))
    rules = seed("registry/history_rules")
    assert known == set(rules["rule_id"])
    words = (folder / "int_history__findings.sql").read_text(encoding="utf-8")
    for text in [*rules["message"], *rules["expected"]]:
        for word in re.findall(r"{(.*?)}", text):
            assert f"'{word}':" in words, text


def test_rules_on_history_name_units_that_measures_have() -> None:
    units = set(seed("registry/measures")["unit"])
    rules = seed("registry/history_rules")
    for named in [*rules["units"], *rules["summed_units"]]:
        assert set(filter(None, named.split("|"))) <= units


def test_classes_of_differences_rise_and_the_last_admits_all() -> None:
    classes = seed("registry/reconciliation_classes")
    units = seed("registry/indicators")["unit"].replace("rate_per_10000", "count")
    assert set(classes["compared_as"]) == set(units)
    bounds = ["up_to_absolute", "up_to_percent", "up_to_cases"]
    for _, rows in classes.groupby("compared_as"):
        assert list(rows["size_class"]) == ["none", "small", "moderate", "large"]
        assert list(rows["size_order"]) == ["0", "1", "2", "3"]
        assert not any(rows[bounds].iloc[-1])
        assert all(rows["up_to_absolute"].iloc[:-1])
        for bound in bounds:
            numbers = [float(number) for number in rows[bound] if number]
            assert numbers == sorted(set(numbers))


def test_a_small_difference_of_counts_is_what_the_rule_on_history_calls_near() -> None:
    classes = seed("registry/reconciliation_classes").set_index(["compared_as", "size_class"])
    annual = seed("registry/history_rules").set_index("rule_id").loc["history.annual"]
    small = classes.loc[("count", "small")]
    assert float(small["up_to_absolute"]) + 1 == float(annual["minimum_difference"])
    assert float(small["up_to_percent"]) == 100 * float(annual["threshold"])


def test_reasons_name_sizes_and_words_that_the_model_knows() -> None:
    reasons = seed("registry/reconciliation_reasons")
    sizes = set(seed("registry/reconciliation_classes")["size_class"])
    model = DBT_PROJECT / "models" / "marts" / "quality" / "fct_reconciliation.sql"
    words = model.read_text(encoding="utf-8")
    for row in reasons.to_dict("records"):
        # Where there is no difference there is nothing to explain.
        for column in ("sizes", "sizes_if_known"):
            assert set(filter(None, row[column].split("|"))) <= sizes - {"none"}
        assert (row["sizes"] == "") == (row["reason"] == "coverage")
        for word in re.findall(r"{(.*?)}", row["sentence"]):
            assert f"'{word}':" in words, row["sentence"]


def test_a_known_difference_is_of_a_source_that_gives_the_figure() -> None:
    known = seed("registry/known_differences")
    registered = seed("registry/indicators").set_index("indicator_code")
    of_lists = known.query("source == 'chat'").set_index("indicator_code")
    proxies = registered.index[registered["annex_a"] == "proxy"]
    assert (registered.loc[of_lists.index, "annex_a"] != "no").all()
    assert set(of_lists.index[of_lists["reason"] == "proxy"]) <= set(proxies)
    # Whoever reads that a figure is an approximation can read which.
    assert set(proxies) <= set(of_lists.index)
    of_dfe = known.query("source == 'published'")["indicator_code"]
    assert (registered.loc[of_dfe, "published"] == "mapped").all()


def test_expected_rows_are_what_the_registry_asks_for() -> None:
    """Reviewed counts are written by hand; a registry that moves on without them is seen here."""
    reviewed = seed("reference/expected_rows").query("mart == 'fct_measure'")
    found = {
        (row.source, row.dataset, row.period_type): int(row.rows_per_authority)
        for row in reviewed.itertuples()
    }
    timings = {"flow": "quarter", "snapshot": "snapshot"}
    expected = {}
    for set_id in seed("registry/indicator_sets")["set_id"]:
        if set_id.startswith("riia_"):
            for timing, n in measures_of_set(set_id)["timing"].value_counts().items():
                expected["return", set_id, timings[timing]] = n
    published = seed("registry/published_measures").query("use == 'figure'")
    for dataset, n in published.groupby("dataset")["measure_code"].nunique().items():
        expected["published", dataset, "year"] = n
    periods = {"quarter": "quarter", "year": "rolling_4q"}
    lists = seed("registry/annex_a_measures").query("use == 'figure'")
    kinds = lists["counted_over"].map(periods).fillna("snapshot")
    for (name, kind), n in lists.groupby(["list_name", kinds]).size().items():
        expected["chat", name, kind] = n
    assert found == expected


def test_indicators_expected_of_a_return_are_those_its_measures_make() -> None:
    reviewed = seed("reference/expected_rows").query(
        "mart == 'fct_indicator' and source == 'return'"
    )
    terms = seed("registry/indicator_terms").groupby("indicator_code")["measure_code"].agg(set)
    timing = seed("registry/indicators").set_index("indicator_code")["timing"]
    for row in reviewed.itertuples():
        asked = set(measures_of_set(row.dataset)["measure_code"])
        made = timing[terms[terms.map(asked.issuperset)].index]
        wanted = {"quarter": "flow", "snapshot": "snapshot"}[row.period_type]
        assert (made == wanted).sum() == int(row.rows_per_authority), row


def test_registers_and_products_name_the_same_activities_and_everybody_has_a_row() -> None:
    """A product whose activity nobody has a row of would be refused for want of a typo."""
    rows = seed("reference/participation").groupby("activity")["new_la_code"].nunique()
    named = set(seed("registry/products")["activity"]) - {""}
    assert named | {"quarterly_return", "quoted_narratives"} == set(rows.index)
    assert set(rows) == {33}


def test_a_theme_of_narratives_has_one_label_and_keywords_stand_as_they_are_matched() -> None:
    """In small letters: a keyword is shown to readers as it was typed here."""
    themes = seed("registry/narrative_themes")
    assert (themes.groupby("theme")["label"].nunique() == 1).all()
    assert themes["keyword"].tolist() == themes["keyword"].str.lower().str.strip().tolist()


def test_every_product_is_authorised_for_somebody_or_made_on_request() -> None:
    products = seed("registry/products")
    asked_for = products.loc[products["on_request"] == "false", "product_id"]
    assert set(asked_for) <= set(seed("reference/authorisations")["product_id"])


def test_every_recipient_of_the_memorandum_is_listed_and_appendix_b_has_nothing() -> None:
    recipients = seed("reference/recipients").set_index("recipient")
    single = ["london_las", "lscb", "dfe", "government", "d2i", "adcs"]
    assert recipients.loc[single, "kind"].tolist() == single
    assert (recipients["kind"] == "appendix_b").sum() == 9
    assert recipients.loc["adcs", "grain"] == "aggregate"
    given = seed("reference/authorisations")
    kinds = recipients.loc[given["recipient"], "kind"].to_numpy()
    assert not {"appendix_b", "government"} & set(kinds[given["basis"] == "mou"])
    # Until LCIIB's records are entered: nothing by default.
    assert not {"appendix_b", "government"} & set(kinds)
