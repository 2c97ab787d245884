"""The synthetic landing zone: the promises a demo and other tests rest on.

Workbooks are read back with openpyxl, so that writing and reading do not share an error.
"""

import hashlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml

from ingestion import aliases, landing
from ingestion.contract import contract
from ingestion.labels import squeeze
from ingestion.landing import la_code
from ingestion.periods import Quarter
from ingestion.registry import indicator_set_in_force, measures_of_set, return_due
from ingestion.registry import seed as read_seed
from ingestion.sample import SampleSummary, write_landing_zone
from ingestion.sample.annex_a import write_annex_a
from ingestion.sample.deliveries import (
    LATE,
    MISSING_BEFORE,
    MISSING_NOW,
    OWN_MEASURE,
    OWN_WORD,
    REMEMBERED,
    RESUBMITTED,
    SET_ASIDE,
    plan,
)
from ingestion.sample.figures import (
    SOURCES,
    Figures,
    london_authorities,
    quarters_between,
    simulate,
)
from ingestion.sample.published.tables import half_up
from ingestion.sources import published as reader

LAST = Quarter(2025, 2)
SEED = 20250930
SMALL = {"quarters": 2, "annex_a_las": ("CAM",), "rows_scale": 0.05}


@dataclass(frozen=True)
class Return:
    path: Path
    cover: dict[str, str]
    header_row: int
    rows: pd.DataFrame
    sidecar: dict[str, str]

    @property
    def key(self) -> tuple[str, str]:
        return self.sidecar["la"], self.sidecar["quarter"]

    @property
    def codes(self) -> pd.Series:
        """The code of each row; a row with the sender's own word has none in its cell."""
        return self.rows["Measure code"].mask(self.rows["Measure"] == OWN_WORD, OWN_MEASURE)

    @property
    def numbers(self) -> dict[str, float]:
        """Values as a person would read them: text with separators is a number, n/a is not."""
        # By place: its header may be misspelt, and Comment and Previous quarter follow it.
        typed = self.rows.set_index(self.codes).iloc[:, -3].astype(str).str.replace(",", "")
        return pd.to_numeric(typed, errors="coerce").to_dict()


def read_return(path: Path) -> Return:
    sheet = openpyxl.load_workbook(path)["Return"]
    cells = [list(row) for row in sheet.iter_rows(values_only=True)]
    header = next(i for i, row in enumerate(cells) if row[0] == "Measure code")
    table = [row for row in cells[header + 1 :] if row[1] is not None]
    return Return(
        path=path,
        cover={row[0]: row[1] for row in cells[1:header] if row[0]},
        header_row=header + 1,
        rows=pd.DataFrame(table, columns=cells[header]),
        sidecar=sidecar(path),
    )


def sidecar(path: Path) -> dict[str, str]:
    return yaml.safe_load(path.with_name(path.name + ".yml").read_text(encoding="utf-8"))


def files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file())


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    return write_landing_zone(tmp_path_factory.mktemp("zone"), **SMALL)


@pytest.fixture(scope="module")
def figures() -> Figures:
    return simulate(LAST.shift(1), SEED)


@pytest.fixture(scope="module")
def returns(zone: SampleSummary) -> list[Return]:
    return [read_return(path) for path in zone.paths["returns"]]


@pytest.fixture(scope="module")
def latest(returns: list[Return]) -> dict[str, Return]:
    """The last version of each authority's return for the last quarter."""
    return {r.key[0]: r for r in returns if r.key[1] == LAST.slug}


# --- the zone as a whole ---


def test_two_runs_give_the_same_bytes(zone: SampleSummary, tmp_path: Path) -> None:
    again = write_landing_zone(tmp_path, **SMALL)

    def hashes(root: Path) -> dict[str, str]:
        return {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files(root)
        }

    assert hashes(again.root) == hashes(zone.root)


def test_every_file_says_that_it_is_synthetic(zone: SampleSummary) -> None:
    assert [p for p in files(zone.root) if "synthetic" not in p.name.lower()] == []
    assert "invented" in (zone.root / "SYNTHETIC.txt").read_text(encoding="utf-8")
    for path in zone.paths["returns"] + zone.paths["annex_a"]:
        assert "SYNTHETIC" in openpyxl.load_workbook(path, read_only=True).properties.description
    assert all(sidecar(path)["synthetic"] is True for path in zone.paths["published"])


def test_the_summary_counts_what_stands_on_disk(zone: SampleSummary) -> None:
    data = [p for p in files(zone.root) if p.suffix in (".xlsx", ".csv")]
    on_disk = [p for p in data if "aliases" not in p.parts]
    assert sorted(p for paths in zone.paths.values() for p in paths) == on_disk
    assert zone.files == {"returns": 2 * 33 - 3 + 2, "published": 23 + 2, "annex_a": 2}


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.xlsx").touch()
    with pytest.raises(FileExistsError, match="not an empty folder"):
        write_landing_zone(tmp_path, **SMALL)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.xlsx"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"quarters": 0}, "at least one"),
        ({"quarters": 40}, "No RIIA indicator set is in force"),
        ({"last_quarter": Quarter(2040, 1)}, "not in seeds/reference/quarters.csv"),
        ({"annex_a_las": ("CAM", "XXX")}, "XXX"),
    ],
)
def test_arguments_out_of_range_leave_nothing_behind(
    tmp_path: Path, arguments: dict, message: str
) -> None:
    dest = tmp_path / "zone"
    with pytest.raises(ValueError, match=message):
        write_landing_zone(dest, **arguments)
    assert not dest.exists()


# --- returns ---


def test_a_return_has_the_template_layout(latest: dict[str, Return]) -> None:
    clean = latest["CAM"]
    table = contract("return").table("return_values")
    measures = measures_of_set(indicator_set_in_force(LAST.end.isoformat()))
    assert clean.path.parent.name == "CAM"
    assert clean.path.parent.parent.name == LAST.slug
    assert list(clean.cover) == list(table.cover.values())
    assert clean.cover["LA code"] == "E09000007"
    assert clean.cover["Quarter"] == "2025-26 Q2"
    assert list(clean.rows) == [c.headers[0] for c in table.columns]
    labels = dict(zip(measures["measure_code"], measures["label"], strict=True))
    assert dict(zip(clean.rows["Measure code"], clean.rows["Measure"], strict=True)) == labels
    assert len(clean.rows) == len(labels)
    assert pd.api.types.is_numeric_dtype(clean.rows["Value"])
    assert clean.rows["Comment"].isna().all()
    sheet = openpyxl.load_workbook(clean.path)["Return"]
    assert "SYNTHETIC, not real data" in sheet["A1"].value
    assert "A1:I1" in [str(merged) for merged in sheet.merged_cells.ranges]
    assert sheet.freeze_panes == f"A{clean.header_row + 1}"


def test_returns_before_the_last_four_quarters_came_in_the_first_template(tmp_path: Path) -> None:
    zone = write_landing_zone(tmp_path / "zone", quarters=6, annex_a_las=())
    camden = [read_return(path) for path in zone.paths["returns"] if path.parent.name == "CAM"]
    assert [r.cover["Template version"] for r in camden] == ["1", "1", "2", "2", "2", "2"]
    assert ["Completed by" in r.cover for r in camden] == [False, False, True, True, True, True]
    assert list(camden[0].rows)[:3] == ["Measure code", "Measure", "Timing"]


def test_some_returns_are_missing(returns: list[Return]) -> None:
    every = {
        (la, quarter.slug)
        for la in london_authorities()["short_code"]
        for quarter in (LAST.shift(-1), LAST)
    }
    missing = {(la, LAST.slug) for la in MISSING_NOW} | {(MISSING_BEFORE, LAST.shift(-1).slug)}
    assert every - {r.key for r in returns} == missing


def test_one_return_is_late_and_the_rest_arrive_in_one_to_four_weeks(
    returns: list[Return],
) -> None:
    late = set()
    for sent in returns:
        quarter = Quarter.parse(sent.sidecar["quarter"])
        received = datetime.fromisoformat(sent.sidecar["received_at"])
        assert received.utcoffset() is not None
        assert sent.path.stat().st_mtime == received.timestamp()
        if received.date() > return_due(quarter):
            late.add(sent.key)
        else:
            assert 6 <= (received.date() - quarter.end).days <= 31
    assert late == {(LATE, LAST.slug)}


def test_one_return_is_sent_again_twice_with_corrections(returns: list[Return]) -> None:
    versions = [r for r in returns if r.key == (RESUBMITTED, LAST.slug)]
    assert [r.path.name.partition("Q2")[2] for r in versions] == [
        "_SYNTHETIC.xlsx", "_v2_SYNTHETIC.xlsx", "_v3_SYNTHETIC.xlsx",
    ]  # fmt: skip
    for before, after in itertools.pairwise(versions):
        assert before.sidecar["received_at"] < after.sidecar["received_at"]
        changed = {code for code, n in before.numbers.items() if n != after.numbers[code]}
        assert 0 < len(changed) < 6


def test_one_return_has_the_wrong_cover(latest: dict[str, Return]) -> None:
    assert latest[SET_ASIDE].cover["Quarter"] == LAST.shift(-1).label
    assert latest[SET_ASIDE].sidecar["quarter"] == LAST.slug


def test_one_return_has_a_word_of_its_own_that_is_remembered(
    zone: SampleSummary, latest: dict[str, Return]
) -> None:
    assert OWN_WORD in set(latest[REMEMBERED].rows["Measure"])
    remembered = aliases.load(zone.root)
    assert remembered.findings == []
    code = la_code(REMEMBERED)
    assert remembered.of(code).measures == {squeeze(OWN_WORD): OWN_MEASURE}


def test_the_untidy_cells_are_there(latest: dict[str, Return]) -> None:
    def cell(la: str, code: str, column: str = "Value") -> object:
        return latest[la].rows.set_index("Measure code").loc[code, column]

    assert cell("BRO", "contacts", "Measure") == "Inital contacts"
    assert {"Valeu", "Comments"} <= set(latest["ENF"].rows)
    assert re.fullmatch(r"\d,\d{3}", cell("CRO", "referrals"))
    assert cell("KUT", "sw_agency_fte") == "n/a"
    assert cell("KUT", "sw_agency_fte", "Comment")
    assert pd.isna(cell("LEW", "assessments_started"))
    assert cell("LEW", "assessments_started", "Comment") == "System migration"
    assert latest["SOU"].header_row == latest["CAM"].header_row + 2
    below = openpyxl.load_workbook(latest["TOW"].path)["Return"].iter_rows(values_only=True)
    assert any(str(row[0]).startswith("Notes:") for row in below)


def test_the_figures_of_a_return_agree_with_each_other(returns: list[Return]) -> None:
    at_most = [
        ("repeat_referrals", "referrals"),
        ("referrals", "contacts"),
        ("assessments_within_45wd", "assessments_completed"),
        ("icpc_within_15wd", "icpc"),
        ("icpc", "s47"),
        ("cpp_repeat_2yr", "cpp_repeat_ever"),
        ("cpp_repeat_ever", "cpp_started"),
        ("uasc", "cla"),
        ("uasc_care_leavers", "care_leavers"),
        ("cin_plans", "cin"),
    ]
    for sent in returns:
        value = sent.numbers
        wrong = [pair for pair in at_most if value[pair[0]] > value[pair[1]]]
        assert wrong == [], sent.path.name
        assert all(number >= 0 for number in value.values() if number == number)
        assert sum(value[f"referrals_source_{name}"] for name in SOURCES) == value["referrals"]
        assert value["cpp"] + value["cla"] <= value["cin"]
        posts = value["sw_in_post_fte"] + value["sw_vacancies_fte"]
        assert value["sw_establishment_fte"] == pytest.approx(posts)


def test_stocks_follow_from_flows_and_the_previous_quarter(returns: list[Return]) -> None:
    sent = {r.key: r for r in returns}
    checked = 0
    for (la, quarter), now in sent.items():
        before = sent.get((la, Quarter.parse(quarter).shift(-1).slug))
        if before is None:
            continue
        for stock, started, ended in (
            ("cla", "cla_started", "cla_ceased"),
            ("cpp", "cpp_started", "cpp_ended"),
        ):
            new = now.numbers
            assert new[stock] == before.numbers[stock] + new[started] - new[ended]
        shown = now.rows.set_index(now.codes)["Previous quarter"].dropna().to_dict()
        assert shown == {c: v for c, v in before.numbers.items() if v == v}
        checked += 1
    assert checked == 30
    bexley = sent[MISSING_BEFORE, LAST.slug]
    assert bexley.rows["Previous quarter"].isna().all()


def test_a_quarter_does_not_depend_on_how_many_are_asked_for() -> None:
    longer, shorter = simulate(LAST, seed=1).frame, simulate(LAST.shift(-3), seed=1).frame
    pd.testing.assert_frame_equal(longer.loc[shorter.index], shorter)
    las = list(london_authorities()["short_code"])
    eight = plan(las, quarters_between(LAST.shift(-7), LAST), seed=1)
    four = plan(las, quarters_between(LAST.shift(-3), LAST), seed=1)
    assert [d for d in eight if d.quarter == LAST] == [d for d in four if d.quarter == LAST]


# --- published files ---


def published(zone: SampleSummary, start: str) -> list[tuple[Path, pd.DataFrame]]:
    return [
        (path, pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig"))
        for path in zone.paths["published"]
        if path.name.startswith(start)
    ]


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


# --- Annex A ---


def annex_a(path: Path) -> dict[str, pd.DataFrame]:
    book = openpyxl.load_workbook(path, read_only=True)
    lists = {}
    for table in contract("annex_a").tables:
        name = next(sheet for sheet in table.sheets if sheet in book.sheetnames)
        rows = list(book[name].values)
        header = next(i for i, row in enumerate(rows) if row[0] == "Child Unique ID")
        assert list(rows[header]) == [c.headers[0] for c in table.columns]
        names = [c.name for c in table.columns]
        lists[table.name] = pd.DataFrame(rows[header + 1 :], columns=names)
    return lists


@pytest.fixture(scope="module")
def camden(
    tmp_path_factory: pytest.TempPathFactory, figures: Figures, latest: dict[str, Return]
) -> tuple[dict[str, pd.DataFrame], dict, dict]:
    """Camden's workbook at full size, its sidecar and its return for the last quarter."""
    root = tmp_path_factory.mktemp("full")
    [path] = write_annex_a(root, figures, ["CAM"], [LAST], scale=1.0, seed=SEED)
    return annex_a(path), sidecar(path), latest["CAM"].numbers


def test_annex_a_counts_reconcile_with_the_return(camden: tuple) -> None:
    lists, _, value = camden

    def in_quarter(table: str, column: str) -> pd.DataFrame:
        rows = lists[table]
        return rows[rows[column].between("2025-07-01", "2025-09-30")]

    conferences = in_quarter("annex_a_list_5", "icpc_date")
    for rows, measure in (
        (in_quarter("annex_a_list_1", "contact_date"), "contacts"),
        (in_quarter("annex_a_list_3", "referral_date"), "referrals"),
        (in_quarter("annex_a_list_5", "s47_start_date"), "s47"),
        (conferences, "icpc"),
    ):
        assert len(rows) == pytest.approx(value[measure], rel=0.05), measure
    elapsed = (conferences["icpc_date"] - conferences["s47_start_date"]).dt.days
    # 15 working days without a bank holiday are 21 days.
    share = (elapsed <= 21).mean()
    assert share == pytest.approx(value["icpc_within_15wd"] / value["icpc"], abs=0.06)


def test_annex_a_events_lie_in_the_six_months_before_the_extract(camden: tuple) -> None:
    lists, described, _ = camden
    extract = pd.Timestamp(date.fromisoformat(described["extract_date"]))
    assert 1 <= (extract - pd.Timestamp(LAST.end)).days <= 9
    for table, column in (
        ("annex_a_list_1", "contact_date"),
        ("annex_a_list_3", "referral_date"),
        ("annex_a_list_5", "s47_start_date"),
    ):
        dates = lists[table][column]
        assert dates.max() <= extract
        assert dates.min() > extract - pd.DateOffset(months=6)
        assert (extract - dates.max()).days < 7
        assert (dates.dt.day_of_week >= 5).mean() < 0.06


def test_annex_a_rows_are_plausible(camden: tuple) -> None:
    lists, described, _ = camden
    extract = pd.Timestamp(described["extract_date"])
    for rows in lists.values():
        assert rows["age_years"].between(0, 18).all()
        years = (extract - rows["birth_date"]).dt.days / 365.25
        assert ((years - rows["age_years"]).between(-0.01, 1.01)).all()
        # A child is the same child on every row and list.
    everyone = pd.concat(rows[["child_id", "gender", "birth_date"]] for rows in lists.values())
    assert everyone.drop_duplicates()["child_id"].is_unique
    enquiries = lists["annex_a_list_5"].dropna(subset="icpc_date")
    assert (enquiries["icpc_date"] >= enquiries["s47_start_date"]).all()
    assert (enquiries["icpc_unnecessary"] == "b) No").all()
    assert lists["annex_a_list_3"]["team"].str.startswith("SYNTHETIC").all()


def test_the_referral_counter_agrees_with_the_dates_in_the_file(camden: tuple) -> None:
    lists, _, value = camden
    rows = lists["annex_a_list_3"].sort_values("referral_date", kind="stable")
    latest_date = rows.groupby("child_id")["referral_date"].transform("max")
    earlier = (rows["referral_date"] < latest_date).groupby(rows["child_id"]).sum()
    latest = rows.groupby("child_id").tail(1).set_index("child_id")
    counter = latest["referrals_last_12_months"]
    assert (counter >= earlier.reindex(counter.index)).all()
    # Most repeats follow a referral from before the file: the counter knows, the file does not.
    assert (counter > earlier.reindex(counter.index)).any()
    repeat = value["repeat_referrals"] / value["referrals"]
    assert (counter >= 1).mean() == pytest.approx(repeat, abs=0.05)


def test_both_forms_of_annex_a_workbook_are_written(tmp_path: Path, figures: Figures) -> None:
    paths = write_annex_a(tmp_path, figures, ["CAM", "GRE", "HOU"], [LAST], scale=0.02, seed=SEED)
    books = [openpyxl.load_workbook(path) for path in paths]
    assert [book.sheetnames[-1] for book in books] == ["List_5", "List 5", "List_5"]
    assert ["Front_Sheet" in book.sheetnames for book in books] == [True, True, False]
    assert books[0]["List_3"]["A1"].value == "List 3: Referral"
    assert books[2]["List_3"]["A1"].value == "Child Unique ID"


def test_the_smallest_authority_can_be_thinned_to_almost_nothing(
    tmp_path: Path, figures: Figures
) -> None:
    [path] = write_annex_a(tmp_path, figures, ["CIT"], [LAST], scale=0.01, seed=SEED)
    assert len(annex_a(path)["annex_a_list_3"]) < 10


# --- Ofsted's outcomes ---


def test_two_files_of_outcomes_have_all_33_and_some_inspected_again(zone: SampleSummary) -> None:
    (_, before), (_, after) = published(zone, "ofsted_ilacs")
    assert len(before) == len(after) == 33
    assert set(before["ltla23cd"]) == set(london_authorities()["new_la_code"])
    again = before["publication_date"] != after["publication_date"]
    assert again.sum() == 9
    unlike = before["impact_of_leaders_grade"] != after["impact_of_leaders_grade"]
    assert 0 < unlike.sum() < 9
    assert not unlike[~again].any()
