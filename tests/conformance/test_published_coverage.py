"""Nothing of DfE's files is lost on the way: every area and every year, for each mapped indicator.

Counted against a plain reading of the files: the neighbours outside London, the regions and England
are compared with as much as London is.
"""

from pathlib import Path

import pandas as pd
import pytest

from orchestration.home import DBT_PROJECT
from tests.conftest import Run

pytestmark = pytest.mark.conformance

SEEDS = DBT_PROJECT / "seeds"
REGIONS = {f"E1200000{number}" for number in range(1, 10)}
AREAS = REGIONS | {"E92000001", "E13000001", "E13000002"}
# Tables of special educational needs have no Inner and Outer London.
WITHOUT_INNER_AND_OUTER = {"ehc_requests", "ehc_timeliness"}
# Cumbria and Northamptonshire: the children looked after tables keep a line of `z` for them.
GONE = {"E10000006", "E10000021"}
# England has had 153 authorities with children's services since April 2023.
AUTHORITIES = 153


def registry(name: str) -> pd.DataFrame:
    return pd.read_csv(SEEDS / "registry" / f"{name}.csv", dtype=str, keep_default_na=False)


def mapped_columns() -> pd.DataFrame:
    """One row per indicator: the dataset and the category its numerator is read from."""
    terms = registry("indicator_terms").query("role == 'numerator'")
    figures = registry("published_measures").query("use == 'figure'")
    return terms.merge(figures, on="measure_code").drop_duplicates("indicator_code")


MAPPED = mapped_columns()


def places(path: Path, filter_key: str) -> pd.DataFrame:
    """Area and year of every line of one category of a DfE file, joint lines one for each."""
    lines = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for condition in filter(None, filter_key.split("; ")):
        column, value = condition.split("=", 1)
        lines = lines[lines[column] == value]
    codes = lines["new_la_code"].copy()
    for level, column in (("Regional", "region_code"), ("National", "country_code")):
        codes[lines["geographic_level"] == level] = lines[column]
    changes = pd.read_csv(SEEDS / "reference" / "la_code_changes.csv", dtype=str)
    return (
        lines.assign(code=codes.str.split(" / "))
        .explode("code")[["code", "time_period"]]
        .replace({"code": changes.set_index("la_code")["new_la_code"].to_dict()})
        .drop_duplicates()
    )


@pytest.fixture(scope="module")
def files(real_run: Run, shared: Path) -> dict[str, list[Path]]:
    """The accepted files of each dataset."""
    ledger = pd.read_parquet(real_run.home / "raw" / "published_files.parquet")
    accepted = ledger[ledger["state"] == "accepted"]
    return {
        dataset: [shared / path for path in paths]
        for dataset, paths in accepted.groupby("dataset")["path"]
    }


@pytest.fixture(scope="module")
def figures(real_run: Run) -> pd.DataFrame:
    return real_run.mart("fct_indicator").query("source == 'published' and is_current")


def test_every_indicator_said_to_be_mapped_is() -> None:
    indicators = registry("indicators").query("published == 'mapped'")["indicator_code"]
    assert set(indicators) == set(MAPPED["indicator_code"])
    listed = registry("indicator_set_members").query("set_id == 'riia_2022_31'")
    assert len(indicators) == 44
    assert listed["indicator_code"].isin(indicators).sum() == 34


@pytest.mark.parametrize("indicator", MAPPED["indicator_code"])
def test_every_area_and_year_of_dfes_file_is_there(
    figures: pd.DataFrame,
    files: dict[str, list[Path]],
    indicator: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (mapped,) = MAPPED[MAPPED["indicator_code"] == indicator].to_dict("records")
    category = mapped["filter_key"]
    expected = pd.concat([places(path, category) for path in files[mapped["dataset"]]])
    mine = figures[figures["indicator_code"] == indicator]
    held = set(mine[["new_la_code", "period_label"]].itertuples(index=False, name=None))
    assert held == set(expected.itertuples(index=False, name=None))
    assert len(mine) == len(held)

    newest = mine["period_label"].max()
    local = mine[(mine["period_label"] == newest) & ~mine["new_la_code"].isin(AREAS)]
    gone = local["new_la_code"].isin(GONE)
    assert local.loc[gone, "numerator"].isna().all()
    authorities = local.loc[~gone, "new_la_code"]
    areas = AREAS - (
        {"E13000001", "E13000002"} if mapped["dataset"] in WITHOUT_INNER_AND_OUTER else set()
    )
    by_year = mine[mine["new_la_code"].isin(AREAS)].groupby("period_label")["new_la_code"]
    assert by_year.agg(lambda codes: set(codes) == areas).all()
    assert authorities.str.startswith("E09").sum() == 33
    assert len(authorities) == AUTHORITIES
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{indicator} ({mapped['dataset']}): {by_year.ngroups} years to {newest}, in the"
            f" newest {len(authorities)} authorities and {len(areas)} areas; {len(mine)} rows"
        )
