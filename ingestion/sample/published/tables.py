"""What the synthetic publications share: yearly counts, areas, ratios, rounding and the CSV file.

Belongs here: what holds for every publication, the contracts' headers included. Does not belong
here: what one publication counts, hides or rounds differently.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from ingestion.contract import Column, contract
from ingestion.region import REGION
from ingestion.registry import seed as read_seed
from ingestion.sample.figures import Figures
from ingestion.sample.files import at_nine, describe
from ingestion.sources.published_dataset import categories

ENGLAND = "E92000001"
CODES = ("old_la_code", "new_la_code", "la_name")
# (whole, {part: typical share}). Shares that add up to one split the whole; others are independent.
Shares = Iterable[tuple[str, Mapping[str, float]]]
Lines = dict[tuple[str, ...], pd.DataFrame]  # the indicators of each category


def columns(dataset: str, role: str) -> dict[str, Column]:
    every = contract("published").table(dataset).columns
    return {column.name: column for column in every if column.role == role}


def yearly(figures: Figures, years: range, rng: np.random.Generator) -> pd.DataFrame:
    """Counts by (year ending 31 March, la): flows of four quarters, stocks of the last one.

    A yearly collection is cleaned child by child and ends up near, not at, the quarters.
    """
    measures = read_seed("registry/measures").set_index("measure_code")
    is_flow = measures["timing"].reindex(figures.frame.columns) == "flow"
    flows = figures.frame.loc[:, is_flow].groupby(level=["year", "la"]).sum()
    counts = flows.join(figures.frame.loc[:, ~is_flow].xs(4, level="number"))
    counts = counts.rename(lambda year: year + 1, level="year").loc[years.start : years.stop - 1]
    cleaned = rng.normal(1, 0.008, len(counts))
    return counts.mul(cleaned, axis=0).round().astype(int)


def with_parts(counts: pd.DataFrame, shares: Shares, rng: np.random.Generator) -> pd.DataFrame:
    """`counts` and the parts of them; an authority keeps its own shares from year to year."""
    counts = counts.copy()
    place, las = pd.factorize(counts.index.get_level_values("la"))
    for whole, parts in shares:
        typical = 60 * np.array(list(parts.values()))
        if np.isclose(typical.sum(), 60):
            mix = rng.dirichlet(typical, len(las))[place]
            counts[list(parts)] = rng.multinomial(counts[whole], mix)
        else:
            mix = rng.beta(typical, 60 - typical, (len(las), len(typical)))[place]
            counts[list(parts)] = rng.binomial(counts[[whole]], mix)
    return counts


def with_areas(counts: pd.DataFrame, figures: Figures, joint: tuple[str, ...] = ()) -> pd.DataFrame:
    """Rows for England, the region, its parts and the authorities, with DfE's geography columns.

    Authorities in `joint` share one row, their codes and names joined as DfE joins them. England
    is a few areas like each of the region's, always the same number: so its totals add up too.
    """
    values = list(counts.columns)
    names = figures.authorities.set_index("short_code")[["inner_outer_code", *CODES]]
    names["inner_outer_code"] = names["inner_outer_code"].replace("", REGION.code)
    likes = pd.Series(np.random.default_rng(11).integers(3, 10, len(names)), names.index)
    england = counts.mul(likes, axis=0, level="la").groupby(level="year").sum().reset_index()
    england = england.assign(geographic_level="National", order=1)

    local = counts.reset_index().join(names, on="la")
    together = local["la"].isin(joint)
    how = dict.fromkeys(values, "sum") | dict.fromkeys(CODES, " / ".join)
    shared = local[together].groupby(["year", "inner_outer_code"], as_index=False).agg(how)
    local = pd.concat([local[~together], shared]).sort_values("la_name")
    local = local.assign(geographic_level="Local authority", order=3)
    local = local.rename(columns={"inner_outer_code": "region_code"})

    parts = local.groupby(["year", "region_code"], as_index=False)[values].sum()
    whole = parts.groupby("year", as_index=False)[values].sum().assign(region_code=REGION.code)
    parts = parts[parts["region_code"] != REGION.code]
    regions = pd.concat([whole, parts]).assign(geographic_level="Regional", order=2)

    areas = read_seed("reference/areas").set_index("area_code")["area_name"]
    rows = pd.concat([england, regions, local])
    rows = rows.sort_values(["year", "order"], ascending=[False, True], kind="stable")
    return rows.reset_index(drop=True).assign(
        time_period=lambda f: f["year"].astype(str),
        time_identifier="Reporting year",
        country_code=ENGLAND,
        country_name="England",
        region_name=lambda f: f["region_code"].map(areas),
    )


def by_category(rows: pd.DataFrame, names: Iterable[str], lines: Lines) -> pd.DataFrame:
    """Area by area one line for each category of the filters `names`."""
    place = rows[rows.columns.intersection([*columns("population", "standard")])]
    every = [
        place.assign(**dict(zip(names, category, strict=True))).join(cells)
        for category, cells in lines.items()
    ]
    return pd.concat(every).sort_index(kind="stable", ignore_index=True)


def is_local(rows: pd.DataFrame) -> pd.Series:
    return rows["geographic_level"] == "Local authority"


def people(rows: pd.DataFrame, release: str, years_before: int = 1) -> pd.Series:
    """Children 0-17 in the middle of a year, as known at a release."""
    seeded = read_seed("reference/populations")
    seeded = seeded[(seeded["population_release"] == release) & (seeded["age_band"] == "0-17")]
    known = seeded.set_index(["mid_year", "area_code"])["population"]
    area = rows["new_la_code"].fillna(rows["region_code"]).fillna(ENGLAND)
    keys = pd.MultiIndex.from_arrays([(rows["year"] - years_before).astype(str), area])
    return pd.Series(pd.to_numeric(known.reindex(keys)).to_numpy(), rows.index)


def half_up(numerator: pd.Series, denominator: pd.Series, per: int, decimals: int = 1) -> pd.Series:
    """numerator / denominator x per, halves up; empty where nothing is divided by.

    In whole numbers, because 0.05 has no exact float and would round either way.
    """
    top = (numerator * 10).round().astype("int64") * per * 10**decimals
    bottom = (denominator * 10).round().astype("int64")
    rounded = (2 * top + bottom) // (2 * bottom).where(bottom > 0, 1)
    return (rounded / 10**decimals).where(bottom > 0)


def text(values: pd.Series, nothing: str = "z") -> pd.Series:
    """Numbers as DfE writes them: `21`, `8.5`; what cannot be divided is `z`."""
    return values.map(lambda v: nothing if pd.isna(v) else f"{v:.1f}".removesuffix(".0"))


def to_ten(values: pd.Series, rows: pd.DataFrame) -> pd.Series:
    """Counts as DfE rounds them: those above an authority to ten."""
    return values.where(is_local(rows), (values / 10 + 0.5).floordiv(1) * 10)


def issued(release: str) -> date:
    """When the statistics of children in need, and the estimates with them, came out."""
    releases = read_seed("reference/population_releases").set_index("population_release")
    return date.fromisoformat(str(releases.loc[release, "available_from"]))


@dataclass(frozen=True)
class Publication:
    """A file to be; `table` has a column for each of the contract, by its name there.

    `codes` are those of an authority in the order of this publication, `own` the dataset's columns
    where not all are there in the contract's order; `vintage` picks among a column's headers.
    """

    dataset: str
    name: str
    table: pd.DataFrame
    release: str
    issued: date
    codes: tuple[str, ...] = CODES
    own: Sequence[str] = ()
    vintage: int = 0
    encoding: str = "utf-8"

    def write(self, root: Path) -> Path:
        path = root / f"{self.name}_synthetic.csv"
        known = {
            column.name: column for column in contract("published").table(self.dataset).columns
        }
        fixed = {name: categories(c)[0] for name, c in known.items() if c.role == "ignore"}
        standard = [n for n, c in known.items() if c.role == "standard" and n not in CODES]
        own = self.own or [name for name, c in known.items() if c.role == "indicator"]
        others = [name for name, c in known.items() if c.role in ("ignore", "filter")]
        names = [*standard, *self.codes, *others, *own]
        headers = {name: known[name].headers[self.vintage] for name in names}
        layout = self.table.assign(**fixed)[names].rename(columns=headers)
        layout.to_csv(path, index=False, encoding=self.encoding, lineterminator="\r\n")
        describe(path, at_nine(self.issued), release=self.release, synthetic=True)
        return path
