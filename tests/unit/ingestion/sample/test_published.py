"""The synthetic published files: DfE's layout and symbols, and figures that fit the returns."""

import itertools
import re

import pandas as pd
import pytest

from ingestion import landing
from ingestion.contract import contract
from ingestion.registry import seed as read_seed
from ingestion.sample import SampleSummary
from ingestion.sample.figures import (
    Figures,
    london_authorities,
)
from ingestion.sample.published.tables import half_up
from ingestion.sources import published as reader
from tests.unit.ingestion.sample.reading import published

DFE = ("b", "c", "d", "la_", "ons", "requests", "timeliness")  # how the files' names start
SEND = ("requests", "timeliness")


def numbers(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return table[columns].apply(pd.to_numeric, errors="coerce")


def test_every_mapped_dataset_is_recognised_with_nothing_to_say(zone: SampleSummary) -> None:
    mapped = {
        dataset
        for seed in ("registry/published_measures", "registry/published_populations")
        for dataset in read_seed(seed)["dataset"]
    }
    parsed = [
        reader.parse(file)
        for file in landing.scan(zone.root, "published")
        if not file.path.split("/")[-1].startswith("ofsted")
    ]
    assert [file.findings for file in parsed] == [[]] * 23
    assert {file.dataset for file in parsed} == mapped
    for file in parsed:
        columns = contract("published").table(str(file.dataset)).columns
        seen = file.tables["published_values"]["filter_key"].drop_duplicates()
        for column in columns:
            if column.role == "filter" and not str(file.dataset).startswith("ehc"):
                named = seen.str.extract(rf"{column.name}=([^;]*)")[0]
                assert set(named) == set(column.model_dump()["values"]), file.dataset


def test_published_headers_are_dfes(zone: SampleSummary) -> None:
    old, new = (set(table) for _, table in published(zone, "c1"))
    assert {"Referrals", "Referrals_rate"} <= old
    assert "referral_count" in new
    assert not any(header.lower().endswith("_rate") for header in new)
    codes = {
        path.name: list(table.columns[7:10])
        for start in DFE
        for path, table in published(zone, start)
    }
    for name, found in codes.items():
        if name.startswith(("la_", "cla_")):
            assert found == ["old_la_code", "la_name", "new_la_code"]
        elif name.startswith(SEND):
            assert found == ["new_la_code", "old_la_code", "la_name"]
        else:
            assert found == ["old_la_code", "new_la_code", "la_name"]
    with_mark = {p.read_bytes().startswith(b"\xef\xbb\xbf") for p in zone.paths["published"]}
    assert with_mark == {True, False}


def test_published_geography_is_dfes(zone: SampleSummary) -> None:
    for path, table in itertools.chain(*(published(zone, start) for start in DFE)):
        joint = table["old_la_code"].eq("314 / 318").any()
        assert joint == path.name.startswith("csww_indicators")
        send = path.name.startswith(SEND)
        for _, year in table.drop_duplicates(["time_period", "region_code", "la_name"]).groupby(
            "time_period"
        ):
            local = year[year["geographic_level"] == "Local authority"]
            assert len(local) == (32 if joint else 33)
            inside = ["E12000007"] if send else ["E13000001", "E13000002"]
            assert set(local["region_code"]) == set(inside)
            above = year.loc[year["geographic_level"] != "Local authority", "region_code"]
            assert above.tolist() == ["", *sorted({"E12000007", *inside})]
        assert set(table["time_identifier"]) == {"Calendar year" if send else "Reporting year"}


@pytest.mark.parametrize("start", ["b", "c1", "c2", "c4", "c5", "d"])
def test_published_counts_are_suppressed_rounded_and_withheld(
    zone: SampleSummary, start: str
) -> None:
    tables = published(zone, start)
    assert tables
    for path, table in tables:
        named = [c for c in table.columns[11:] if not re.search("ercentile|[Mm]edian", c)]
        counts = [c for c in named if not re.search("percent|rate$", c)]
        local = table["geographic_level"] == "Local authority"
        held = numbers(table, counts)
        assert not held[local].isin(range(1, 6)).any().any(), path.name
        assert (held[~local] % 10 == 0).all().all()
        assert table.loc[local, counts].eq("c").any().any(), path.name
        hackney = table["la_name"].eq("Hackney") & table["time_period"].isin(["2021", "2022"])
        assert table[hackney].iloc[:, 11:].eq("x").all().all()
        assert not table[~hackney].eq("x").any().any()
        # A percentage or rate must not give away a count that is hidden.
        for count in counts:
            for share in {f"{count}_percent", f"{count}_rate"} & set(named):
                assert table.loc[table[count] == "c", share].eq("c").all(), path.name


PARTS = {  # the first column and the parts that add up to it
    "c2": r"day|days",
    "c4": r"^Duration_.*days",
    "c5": r"^[A-Z]",
    "d5": r"month|year",
    "d7": r"month|year",
}


@pytest.mark.parametrize("start", PARTS)
def test_parts_of_a_published_total_add_up_and_none_is_hidden_alone(
    zone: SampleSummary, start: str
) -> None:
    [(_, table)] = published(zone, start)
    whole = "ICPC" if start == "c4" else table.columns[11]
    named = [c for c in table.columns[12:] if re.search(PARTS[start], c)]
    named = [c for c in named if not re.search("percent|ercentile|Median", c)]
    parts, total = numbers(table, named), pd.to_numeric(table[whole], errors="coerce")
    local = table["geographic_level"] == "Local authority"
    shown = local & parts.notna().all(axis=1)
    assert shown.sum() > 20
    assert (parts.sum(axis=1) == total)[shown].all()
    # Above an authority each is rounded to ten.
    assert ((parts.sum(axis=1) - total).abs() <= 5 * (len(named) + 1))[~local].all()
    alone = table[named].eq("c").sum(axis=1).eq(1) & table[whole].ne("c")
    others_are_zero = table[named].isin(["0", "c"]).all(axis=1)
    assert not (alone & ~others_are_zero).any()


def test_the_tables_of_a_census_agree_with_each_other(zone: SampleSummary) -> None:
    tables = {path.name[:2]: table for path, table in published(zone, "d")}
    tables |= {"c1": published(zone, "c1")[0][1], "c5": published(zone, "c5")[0][1]}
    assert (tables["c1"]["Referrals"] == tables["c5"]["Referrals"]).all()
    assert (tables["d1"]["CPP_start"] == tables["d3"]["CPP_start"]).all()
    assert (tables["d1"]["CPP_At31"] == tables["d5"]["CPP_At31"]).all()
    assert (tables["d1"]["CPP_end"] == tables["d7"]["CPP_End"]).all()
    local = tables["d5"][tables["d5"]["geographic_level"] == "Local authority"]
    plans = numbers(local, ["CPP_At31", "3_months_or_less"]).dropna()
    longer = pd.to_numeric(tables["d6"]["CPP_At31_3Months"], errors="coerce")
    assert (plans["CPP_At31"] - plans["3_months_or_less"] == longer[plans.index]).all()


def close(printed: pd.Series, part: pd.Series, whole: pd.Series, per: int, half: float) -> bool:
    values, top, bottom = (pd.to_numeric(s, errors="coerce") for s in (printed, part, whole))
    known = values.notna() & top.notna() & (bottom > 0)
    assert known.mean() > 0.5
    return bool(((values - per * top / bottom).abs()[known] <= half + 1e-9).all())


def test_printed_rates_are_those_of_counts_and_population(zone: SampleSummary) -> None:
    people = published(zone, "ons")[0][1]
    people = people[people["new_la_code"] != ""].set_index(["time_period", "new_la_code"])
    for _, table in published(zone, "b") + published(zone, "d1"):
        local = table[table["geographic_level"] == "Local authority"]
        year_before = (local["time_period"].astype(int) - 1).astype(str)
        keys = pd.MultiIndex.from_arrays([year_before, local["new_la_code"]])
        population = people["population_estimate"].reindex(keys).set_axis(local.index)
        rates = [c for c in local if c.endswith("_rate")]
        for rate in rates:
            count = local[rate.removesuffix("_rate")]
            assert close(local[rate], count, population, 10_000, 0.05)
    [(_, table)] = published(zone, "cla_number")
    local = table[table["geographic_level"] == "Local authority"]
    counts, population = local["children_count"], local["population_estimate"]
    assert close(local["rate_per_10000"], counts, population, 10_000, 0.5)


def test_categories_of_care_leavers_add_up_and_have_whole_percentages(zone: SampleSummary) -> None:
    [(_, table)] = published(zone, "la_care_leavers_activity")
    local = table[table["geographic_level"] == "Local authority"]
    key = ["time_period", "la_name", "care_leaver_age"]
    wide = local.pivot(index=key, columns="breakdown", values="care_leaver_count")
    shares = local.pivot(index=key, columns="breakdown", values="care_leaver_percent")
    assert wide.pop("In training or employment").eq("z").all()
    wide = wide.astype(int)
    education = "ducation, employment or training"
    active, inactive = f"Total in e{education}", f"Total not in e{education}"
    assert (
        (wide[active] + wide[inactive] + wide["Total information not known"])
        .eq(wide["Total"])
        .all()
    )
    assert (wide.filter(regex="^Not in").sum(axis=1) == wide[inactive]).all()
    for breakdown in wide:
        assert close(shares[breakdown], wide[breakdown], wide["Total"], 100, 0.5)
    low = shares[wide.columns].eq("k")
    assert low.any().any()
    assert low.equals(wide.gt(0) & wide.mul(200).lt(wide["Total"], axis=0))


def test_both_sexes_make_the_total_of_plans(zone: SampleSummary, figures: Figures) -> None:
    for _, table in published(zone, "requests") + published(zone, "timeliness"):
        counts = [c for c in table.columns[12:] if not re.search("_pc$|^pc_|^PC_", c)]
        place = table["time_period"] + table["region_code"] + table["la_name"]
        of = {name: numbers(t, counts) for name, t in table.groupby("breakdown")}
        whole = next(frame for name, frame in of.items() if name.startswith("All"))
        for sex, frame in of.items():
            of[sex] = frame.set_axis(place[frame.index])
        whole = whole.set_axis(place[whole.index])
        assert (of["Female"] + of["Male"] + of["Unknown"]).eq(whole).all().all()
    [(_, table)] = published(zone, "requests")
    first, others = figures.frame.loc[2023, 4], figures.frame.loc[2024].loc[1:3]
    year = (first + others.groupby("la").sum())["ehc_requests"]
    camden = table[(table["la_name"] == "Camden") & (table["time_period"] == "2024")]
    assert int(camden["requests_received_in_year"].iloc[0]) == year["CAM"]


def test_population_estimates_are_those_of_the_reference_data(zone: SampleSummary) -> None:
    seeded = read_seed("reference/populations").set_index(
        ["population_release", "mid_year", "area_code"]
    )["population"]
    for release, (_, table) in zip(("2024", "2025"), published(zone, "ons"), strict=True):
        area = table["new_la_code"].where(table["new_la_code"] != "", table["region_code"])
        area = area.replace("", "E92000001")
        keys = pd.MultiIndex.from_arrays([[release] * len(table), table["time_period"], area])
        assert seeded.reindex(keys).tolist() == table["population_estimate"].tolist()


def test_published_shares_are_rounded_half_up_from_counts(zone: SampleSummary) -> None:
    assert half_up(pd.Series([1, 1, 3]), pd.Series([8, 800, 0]), 100).fillna(-1).tolist() == [
        12.5,
        0.1,
        -1,
    ]
    [(_, table)] = published(zone, "csww_ind")
    table = table[table["geographic_level"] == "Local authority"]
    agency, inpost = table["agency_fte"].astype(float), table["inpost_fte"].astype(float)
    rate = table["agency_rate_fte"].astype(float)
    assert ((rate - 100 * agency / (agency + inpost)).abs() < 0.051).all()


def test_a_published_year_is_near_the_sum_of_its_quarters(
    zone: SampleSummary, figures: Figures
) -> None:
    [_, (_, table)] = published(zone, "c1")
    quarters = figures.frame.loc[2024]["referrals"].groupby("la").sum()
    las = london_authorities().set_index("new_la_code")["short_code"]
    year = table[(table["time_period"] == "2025") & table["new_la_code"].isin(las.index)]
    counts = year["referral_count"].astype(int).set_axis(year["new_la_code"].map(las))
    difference = (counts / quarters - 1).drop("CIT")
    assert difference.abs().max() < 0.05
    [(_, table)] = published(zone, "cla_number")
    day = table[table["population_type"].str.contains("31 March")]
    day = day[(day["time_period"] == "2025") & day["new_la_code"].isin(las.index)]
    stock = day["children_count"].astype(int).set_axis(day["new_la_code"].map(las))
    difference = (stock / figures.frame.loc[2024, 4]["cla"] - 1).drop("CIT")
    assert difference.abs().max() < 0.05


def test_a_later_release_restates_some_of_the_year_before(zone: SampleSummary) -> None:
    (_, old), (_, new) = published(zone, "c1")
    old = old[old["geographic_level"] == "Local authority"]
    both = old.merge(new, on=["time_period", "new_la_code"])
    changed = both[both["Referrals"] != both["referral_count"]]
    assert set(changed["time_period"]) == {"2024"}
    assert 3 < len(changed) < 20
