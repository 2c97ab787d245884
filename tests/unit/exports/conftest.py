"""Marts as the products read them, built small from the seeds: 33 authorities, made-up figures."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingestion.registry import seed

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
        is_proxy=(source == "chat") & (rows["indicator_code"] == "repeat_referrals_pct"),
        population_release="2025",
        population_year=np.where(rows["unit"] == "rate_per_10000", population_year, np.nan),
        is_population_fallback=False,
        joint_code=None,
        comment=None,
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


def write(folder: Path, rows: pd.DataFrame, rug: pd.DataFrame | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    areas().to_parquet(folder / "dim_local_authority.parquet")
    indicators().to_parquet(folder / "dim_indicator.parquet")
    rows.to_parquet(folder / "fct_indicator.parquet")
    (rug_of(rows) if rug is None else rug).to_parquet(folder / "mart_tartan_rug.parquet")
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
