"""Marts as the products read them, built small from the seeds: 33 authorities, made-up figures."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingestion.registry import seed
from tests.unit.exports import benchmarks

ENGLAND, LONDON, INNER, OUTER = "E92000001", "E12000007", "E13000001", "E13000002"
FEW = ("contacts", "referrals", "repeat_referrals_pct", "assessments_45wd_pct", "cla")
FEW += ("care_leavers", "sw_establishment", "sw_agency_rate")


def areas() -> pd.DataFrame:
    """dim_local_authority: the seeds' authorities with their sub-regions, then the areas."""
    las = seed("reference/local_authorities").drop(columns=["name_aliases", "source"])
    las = las.assign(area_level="local_authority", is_london=las["is_london"] == "true")
    groups = seed("reference/sub_regions").rename(
        columns={"membership_status": "sub_region_status"}
    )
    las = las.merge(
        groups[["new_la_code", "sub_region", "sub_region_status"]], on="new_la_code", how="left"
    )
    above = seed("reference/areas").rename(
        columns={"area_code": "new_la_code", "area_name": "la_name"}
    )
    above = above.drop(columns="parent_code").assign(is_london=False)
    return pd.concat([las, above], ignore_index=True)


def indicators() -> pd.DataFrame:
    frame = seed("registry/indicators")
    return frame.assign(
        multiplier=frame["multiplier"].astype(int), decimals=frame["decimals"].astype(int)
    )


def facts(codes, source, period_label, ends, rng, release="R1", population_year=2024):
    """fct_indicator rows of one source: the 33 authorities and London."""
    las = areas().query("area_level == 'local_authority' and is_london")
    chosen = indicators().set_index("indicator_code").loc[list(codes)].reset_index()
    rows = chosen.merge(las[["new_la_code"]], how="cross")
    size = len(rows)
    people = rng.integers(25_000, 95_000, size).astype(float)
    people[rows["new_la_code"] == "E09000001"] = 847.0
    per = rows["unit"].map({"rate_per_10000": 1.0, "percent": 0.01, "count": np.nan, "fte": np.nan})
    rows["denominator"] = (people * per).round()
    share = rng.uniform(0.05, 0.95, size)
    rate = rng.uniform(0.002, 0.03, size)
    rows["numerator"] = (
        rows["denominator"] * np.where(rows["unit"] == "percent", share, rate)
    ).round()
    rows["numerator"] = rows["numerator"].fillna(
        pd.Series(rng.integers(200, 9_000, size) / np.where(rows["unit"] == "fte", 20.0, 1.0))
    )
    rows.loc[rows["unit"] == "count", "numerator"] = rows["numerator"].round()
    rows["value_status"] = "ok"
    london = rows.groupby("indicator_code", sort=False).agg(
        {c: "first" for c in chosen.columns if c != "indicator_code"}
        | {"numerator": "sum", "denominator": lambda d: d.sum(min_count=1), "value_status": "first"}
    )
    rows = pd.concat([rows, london.reset_index().assign(new_la_code=LONDON)], ignore_index=True)
    by_year = source == "published"
    return rows.assign(
        value=with_value(rows),
        source=source,
        period_label=period_label,
        period_type=np.where(
            by_year, "year", np.where(rows["timing"] == "flow", "quarter", "snapshot")
        ),
        period_end=ends,
        release_id=release,
        published_value=np.nan,
        is_current=True,
        known_from=pd.Timestamp("2025-10-28", tz="UTC"),
        is_proxy=(source == "chat") & (rows["indicator_code"] == "repeat_referrals_pct"),
        population_release="2025",
        population_year=np.where(rows["unit"] == "rate_per_10000", population_year, np.nan),
        is_population_fallback=False,
        joint_code=None,
        comment=None,
        n_authorities=np.where(rows["new_la_code"] == LONDON, 33, 1),
    )


def with_value(rows: pd.DataFrame) -> pd.Series:
    """Numerator over denominator as the mart computes it."""
    ratio = rows["numerator"] / rows["denominator"] * rows["multiplier"]
    return ratio.where(rows["denominator"].notna(), rows["numerator"])


def lose(rows: pd.DataFrame, status: str, la: str, code: str | None = None) -> None:
    """Turns an authority's figures (or one of them) into a status without numbers."""
    which = (rows["new_la_code"] == la) & (
        (rows["indicator_code"] == code) if code else pd.Series(True, rows.index)
    )
    rows.loc[which, ["numerator", "denominator", "value"]] = np.nan
    rows.loc[which, "value_status"] = status


def rug_of(rows: pd.DataFrame) -> pd.DataFrame:
    """mart_tartan_rug from fct_indicator rows, with fifths by plain rank."""
    las = areas().query("area_level == 'local_authority' and is_london")
    members = seed("registry/indicator_set_members").query("set_id == 'riia_2022_31'")
    rug = rows.merge(
        las[["new_la_code", "la_name", "short_code", "sub_region"]], on="new_la_code"
    ).merge(members.drop(columns=["set_id", "position"]), on="indicator_code", how="left")
    rug["display_unit"], rug["display_value"] = rug["unit"], rug["value"]
    keys = ["source", "period_label", "indicator_code"]
    ranked = rug.groupby(keys)["value"]
    cut = np.ceil(ranked.transform("count") / 5)
    low, high = ranked.rank(method="min"), ranked.rank(method="min", ascending=False)
    middle = (ranked.rank(pct=True) * 5).clip(upper=5).apply(np.ceil).clip(2, 4)
    band = middle.mask(low <= cut, 1).mask(high <= cut, 5)
    rug["n"] = ranked.transform("count").astype("int64")
    rug["band"] = band.where(rug["value"].notna() & (rug["n"] >= 10)).astype("Int64")
    outer = rug["band"].isin([1, 5]).fillna(False)
    rug["exception"] = rug["band"].map({1: "low", 5: "high"}).where(outer)
    # Evidence of each kind, by authority: what it rests on is the mart's business.
    kinds = pd.Series(["strong", "some", "weak"])
    rug["exception_evidence"] = rug.groupby(keys).cumcount().mod(3).map(kinds).where(outer)
    london = rows[rows["new_la_code"] == LONDON].set_index(keys)
    for name, column in [
        ("london_value", "value"),
        ("london_numerator", "numerator"),
        ("london_denominator", "denominator"),
    ]:
        rug[name] = rug.set_index(keys).index.map(london[column])
    published = rug["source"] == "published"
    for factor, name in [(1.04, "england_value"), (1.1, "inner_value"), (0.96, "outer_value")]:
        rug[name] = (rug["london_value"] * factor).where(published)
    return rug


def statuses(quarter: str = "2025-26 Q2", release: str = "R1") -> pd.DataFrame:
    """mart_submission_status of one quarter, with every state an authority can be in.

    Barnet late and incomplete, Bexley sent nothing, Brent set aside, Bromley does not take part,
    Camden a second version after one that was set aside, Croydon withdrew, City sent n/a.
    """
    las = areas().query("area_level == 'local_authority' and is_london")
    asked = seed("registry/measures").iloc[[0, 1, 18, 30, 32, 35]]
    asked = asked.rename(columns={"label": "measure_label"})
    rows = las.merge(asked[["measure_code", "measure_label", "theme"]], how="cross")
    rows = rows[["new_la_code", "la_name", "short_code", "measure_code", "measure_label", "theme"]]
    code = rows["short_code"]
    rows = rows.assign(
        quarter_label=quarter,
        period_end=date(2025, 9, 30),
        submission_state="accepted",
        value_status="ok",
        value=10.0,
        comment=pd.Series(None, rows.index, dtype="str"),
        submission_number=pd.array([1] * len(rows), "Int64"),
        release_id=release + "-" + code,
        file_id="f-" + code + "-1",
        path="returns/2025-26-Q2/" + code + "/return.xlsx",
        sheet="Return",
        sender="data@example.org",
        received_at=pd.Timestamp("2025-10-20T08:30Z"),
        return_due=date(2025, 10, 28),
        days_late=pd.array([0] * len(rows), "Int64"),
        is_late=False,
        is_partial=False,
        measures_asked=6,
        measures_returned=6,
        signed_off_by="A. Director",
        signed_off_on=date(2025, 10, 19),
        template_version="1",
        participates=True,
        reason=pd.Series(None, rows.index, dtype="str"),
        is_current=True,
    )
    late = code == "BAR"
    rows.loc[late, ["submission_state", "days_late", "is_late"]] = ["late", 3, True]
    rows.loc[late, "received_at"] = pd.Timestamp("2025-10-31T10:00Z")
    rows.loc[late, ["is_partial", "measures_returned"]] = [True, 5]
    gap = late & (rows["measure_code"] == "referrals")
    rows.loc[gap, ["value_status", "comment"]] = ["failed", "<script>alert(1)</script> typed"]
    rows.loc[gap, "value"] = np.nan
    na = (code == "CIT") & (rows["measure_code"] == "cla")
    rows.loc[na, ["value_status", "value"]] = ["not_applicable", np.nan]
    rows.loc[code == "BRE", ["submission_state", "value_status", "value"]] = [
        "quarantined",
        "failed",
        np.nan,
    ]
    rows.loc[code == "BRE", ["measures_returned", "reason"]] = [0, "return.value.not_negative"]
    rows.loc[code.isin(["BRE"]), "submission_number"] = pd.NA
    history = [
        rows[code == "CAM"].assign(
            submission_state="quarantined",
            submission_number=pd.NA,
            file_id="f-CAM-0",
            path="returns/2025-26-Q2/CAM/first.xlsx",
            received_at=pd.Timestamp("2025-10-10T08:00Z"),
            reason="return.no_table",
            is_current=False,
        ),
        rows[code == "CRO"].assign(submission_state="withdrawn", is_current=False),
    ]
    rows.loc[code == "CAM", "submission_number"] = 2
    absent = code.isin(["BEX", "BRO", "CRO"])
    nothing = ["release_id", "file_id", "path", "sheet", "sender", "signed_off_by", "value"]
    nothing += ["received_at", "signed_off_on", "template_version", "submission_number"]
    for column in [*nothing, "days_late"]:
        rows[column] = rows[column].mask(absent)
    rows.loc[absent, ["value_status", "submission_state"]] = "not_returned"
    rows.loc[absent, "measures_returned"] = 0
    rows.loc[code == "BRO", ["submission_state", "participates"]] = ["not_participating", False]
    return pd.concat([rows, *history], ignore_index=True)


def findings(quarter: str = "2025-26 Q2") -> pd.DataFrame:
    """mart_findings: a return set aside, one to look at, a history rule, and another source's."""
    las = areas().query("area_level == 'local_authority' and is_london").set_index("short_code")
    shared = {"source": "return", "quarter_label": quarter, "is_current": True, "scope": "file"}
    shared |= {"finding_count": 1, "first_seen_quarter": quarter, "seen_quarters": 1}
    fields = ["short_code", "file_id", "rule_id", "severity", "message", "sheet", "cell", "value"]
    long = "<script>alert(1)</script>" * 120
    told = [
        ["BRE", "1", "return.value.not_negative", "block", "Below zero", "Return", "E9", "-5"],
        ["BAR", "1", "return_values.value.type", "check", "Not usable", "Return", "E10", long],
        ["BAR", "1", "headers.fuzzy", "note", "“Valeu” is “Value”", "Return", None, "Valeu"],
        ["CAM", "1", "return.history.jump", "check", "Far from the others", None, None, "10"],
        ["CAM", "0", "return.no_table", "block", "No sheet holds the table", None, None, "S1"],
        ["CAM", "a", "annex_a_list_1.date.type", "check", "Of a child", "List 1", "B7", None],
    ]
    frame = pd.DataFrame(told, columns=fields).assign(**shared, fix="Correct the cell")
    frame = frame.assign(
        file_id="f-" + frame["short_code"] + "-" + frame["file_id"],
        new_la_code=frame["short_code"].map(las["new_la_code"]),
        la_name=frame["short_code"].map(las["la_name"]),
        path=None,
        release_id=None,
        table_name=None,
        row_number=pd.array([pd.NA] * len(frame), "Int64"),
        column_name=None,
        measure_code=pd.Series(None, frame.index, dtype="str"),
        expected=None,
        suggestion=None,
    )
    jump = frame["rule_id"] == "return.history.jump"
    frame.loc[jump, ["scope", "measure_code"]] = ["history", "referrals"]
    frame.loc[jump, ["first_seen_quarter", "seen_quarters"]] = ["2025-26 Q1", 2]
    frame.loc[jump, "file_id"] = None  # a rule on history is about a figure, not about a file
    # Under the id of the return that counts, so that only its source keeps it off the pages.
    of_a_child = frame["file_id"] == "f-CAM-a"
    frame.loc[of_a_child, ["source", "file_id"]] = ["annex_a", "f-CAM-1"]
    frame.loc[frame["file_id"] == "f-CAM-0", "is_current"] = False
    text = ["path", "release_id", "table_name", "expected", "suggestion"]
    return frame.astype(dict.fromkeys(text, "str")).drop(columns="short_code")


def releases(rows: pd.DataFrame) -> pd.DataFrame:
    """dim_release: a published file for each release that a published figure comes from."""
    published = rows.loc[rows["source"] == "published", "release_id"].dropna().unique()
    return pd.DataFrame({"release_id": published, "dataset": "cin_referrals"}).assign(
        publication="characteristics-of-children-in-need",
        release_label="2025",
        last_period="2025",
        received_at=pd.Timestamp("2025-10-30T09:30:00Z"),
        is_current=True,
    )


def restatements() -> pd.DataFrame:
    """mart_restatement: Camden's referrals of a year counted anew, and a column renamed."""
    row = {"indicator_code": "referrals", "la_name": "Camden", "source": "published"}
    row |= {"period_label": "2024", "period_end": date(2024, 3, 31), "reason": "revised count"}
    row |= {"unit": "rate_per_10000", "value_before": 500.0, "value_after": 510.0}
    row |= {"difference_percent": 2.0, "restated_at": pd.Timestamp("2025-10-30T09:30:00Z")}
    row |= {"column_before": None, "is_latest": True}
    renamed = {"la_name": None, "period_label": None, "reason": "renamed", "column_before": "a"}
    return pd.DataFrame([row, row | renamed])


def no_narratives(folder: Path) -> None:
    """The marts of narratives of a home that nobody has sent one to, nor was asked for one."""
    shared = ["new_la_code", "la_name", "quarter_label", "part", "item", "label", "theme"]
    answer = ["field", "answer", "answer_status", "quoting", "is_current", "is_synthetic"]
    asked = ["direction", "evidence", "state", "quoting", "file_id", "received_at"]
    spoken = ["field", "narrative_theme", "narrative_theme_label", "keywords_matched"]
    marts = {
        "fct_narrative": answer,
        "mart_narrative_status": asked,
        "mart_narrative_theme": spoken,
    }
    for name, columns in marts.items():
        flags = {column: bool for column in columns if column.startswith("is_")}
        empty = pd.DataFrame(columns=[*shared, *columns], dtype="str").astype(flags)
        empty.to_parquet(folder / f"{name}.parquet")


def write(folder: Path, rows: pd.DataFrame, rug: pd.DataFrame | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    areas().to_parquet(folder / "dim_local_authority.parquet")
    indicators().to_parquet(folder / "dim_indicator.parquet")
    rows.to_parquet(folder / "fct_indicator.parquet")
    benchmarks.write(folder, rows)
    (rug_of(rows) if rug is None else rug).to_parquet(folder / "mart_tartan_rug.parquet")
    statuses().to_parquet(folder / "mart_submission_status.parquet")
    findings().to_parquet(folder / "mart_findings.parquet")
    releases(rows).to_parquet(folder / "dim_release.parquet")
    restatements().to_parquet(folder / "mart_restatement.parquet")
    no_narratives(folder)
    return folder


def all_sources(codes=FEW, published=("referrals", "sw_agency_rate"), release="R1") -> pd.DataFrame:
    """Returns of 2025-26 Q2, two published years, and ChAT figures, with every kind of gap."""
    rng = np.random.default_rng(20250930)
    returns = facts(codes, "return", "2025-26 Q2", date(2025, 9, 30), rng, release)
    lose(returns, "not_returned", "E09000004")  # Bexley sent nothing
    lose(returns, "c", "E09000001", "cla")
    lose(returns, "failed", "E09000025", "repeat_referrals_pct")
    lose(returns, "not_applicable", "E09000001", "repeat_referrals_pct")
    hackney = (returns["new_la_code"] == "E09000012") & (returns["indicator_code"] == "referrals")
    returns.loc[hackney, "comment"] = "New <script>alert(1)</script> front door from July"
    years = [
        facts(published, "published", "2024", date(2024, 3, 31), rng, "P24", 2023),
        facts(published, "published", "2025", date(2025, 3, 31), rng, "P25", 2024),
        facts(published[:1], "published", "2026", date(2026, 3, 31), rng, "P26", 2025),
    ]
    kingston_richmond = ["E09000021", "E09000027"]
    for year in years:
        joint = year["new_la_code"].isin(kingston_richmond) & year["indicator_code"].str.startswith(
            "sw_"
        )
        year.loc[joint, "joint_code"] = "E09000021 / E09000027"
        lose(year, "x", "E09000020", "sw_agency_rate")
    chat = facts(codes[:4], "chat", "2025-26 Q2", date(2025, 9, 30), rng, "A1")
    return pd.concat([returns, *years, chat], ignore_index=True)


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    return all_sources()


@pytest.fixture(scope="session")
def marts(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of marts for reading only."""
    return write(tmp_path_factory.mktemp("marts"), rows)


@pytest.fixture
def write_marts(tmp_path: Path) -> Callable[..., Path]:
    """Writes changed rows as marts of their own."""
    return lambda rows, rug=None: write(tmp_path / "marts", rows, rug)
