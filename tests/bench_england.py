"""Raw Parquet as ingestion would leave it had all of England sent figures for ten years.

153 authorities, 46 indicators and 40 periods of each source: quarters 2018-19 Q1 to 2027-28 Q4 of
returns and of ChAT values; years 1986 to 2025 of published figures, which come once a year. So
`fct_indicator` holds 855,000 current figures. Only the figures are invented: registry, groups and
neighbours are the project's own. A return counts whoever sends it, and 153 authorities send one;
what is compared is London, as always.

More comes on top, since it costs time as well: rolling years, London's pooled figures, regions as
DfE prints them; and history: DfE's release before the newest, submissions that were sent again, a
population release that was replaced. Two of the 46 indicators have no published figure. There are
no child-level lists: ChAT's figures are read off its pages here. How long the models take is
`bench_marts`' business.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion import landing
from ingestion.pipeline import SOURCES, ingest, raw_path
from ingestion.registry import seed

INDICATORS = 46
PERIODS = 40
LAST_YEAR = 2025
# History is handed over at once, after the newest population release; later quarters in time.
FIRST_LOAD = pd.Timestamp("2025-11-10", tz="UTC")
SENT_AGAIN, MISSING, UNUSABLE = 0.04, 0.02, 0.02
YEAR_ENDS = {
    "csww": "09-30",
    "ehc_requests": "12-31",
    "ehc_timeliness": "12-31",
    "population": "06-30",
}

Column = tuple[str, str, str]  # dataset, name, categories


def write(home: Path, periods: int = PERIODS) -> None:
    """The last `periods` quarters and years of it, as the raw layer of an empty home."""
    now = datetime.now(landing.LONDON)
    for source in SOURCES:  # every table that the models read, with its types and no row
        ingest(source, home / "landing", home, b"bench", now)
    figures = _Figures(periods)
    tables = {**_returns(figures), **_chat(figures), **_published(figures)}
    for name, frame in tables.items():
        path = raw_path(home, name)
        schema = pq.read_schema(path)
        rows = frame.reindex(columns=schema.names)
        table = pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
        pq.write_table(table, path, compression="zstd")


class _Figures:
    """Invented figures of the measures behind the indicators: for each an array, periods by areas.

    A part is a share of its whole; both move a little from period to period, and rarely much.
    """

    def __init__(self, periods: int) -> None:
        self.rng = np.random.default_rng(7)
        self.areas = _areas()
        self.quarters = seed("reference/quarters").tail(periods)
        self.years = np.arange(LAST_YEAR - periods + 1, LAST_YEAR + 1)
        self.terms = _terms()
        self.drawn: dict[str, np.ndarray] = {}
        people = self.areas["population"].to_numpy(dtype=float) / 10_000
        self._shape = (periods, len(people))
        parts = self.terms.dropna(subset="whole").drop_duplicates("part")
        for measure in pd.concat([parts["whole"], self.terms["part"]]).unique():
            if measure not in set(parts["part"]):
                level = self.rng.lognormal(3.5, 0.8)
                self.drawn[measure] = np.rint(level * people * self._path(spread=0.2))
        for part in parts.itertuples():
            # Days lost to sickness are a share of the days that there are, not of the posts.
            share = self.rng.uniform(0.05, 0.6) * self._path(spread=0.2)
            share = share * 5 if part.is_of_days else share.clip(0, 1)
            self.drawn[part.part] = np.rint(self.drawn[part.whole] * share)

    def _path(self, spread: float) -> np.ndarray:
        """How far an area lies from the level of all, from period to period."""
        rng, (periods, areas) = self.rng, self._shape
        place = rng.normal(0, spread, areas)
        trend = rng.normal(0, 0.005, areas) * np.arange(periods)[:, None]
        jump = np.where(rng.random(self._shape) < 0.003, rng.choice([0.1, 3], self._shape), 1)
        return np.exp(place + trend + rng.normal(0, 0.05, self._shape)) * jump

    def withheld(self, values: pd.DataFrame, symbols: Sequence[str]) -> pd.DataFrame:
        """The same with a symbol instead of some of the numbers."""
        kept = self.rng.random(len(values)) >= UNUSABLE
        symbol = self.rng.choice(symbols, len(values))
        return values.assign(
            value=values["value"].where(kept), value_status=np.where(kept, "ok", symbol)
        )


def _areas() -> pd.DataFrame:
    """The authorities of today, then regions and England, with their newest population."""
    authorities = seed("reference/local_authorities").rename(columns={"new_la_code": "code"})
    areas = seed("reference/areas").rename(columns={"area_code": "code"})
    levels = {"country": "National", "region": "Regional", "ons_sub_region": "Regional"}
    every = pd.concat(
        [
            authorities.assign(geographic_level="Local authority", new_la_code=authorities["code"]),
            areas.assign(
                geographic_level=areas["area_level"].map(levels),
                new_la_code="",
                region_code=areas["code"].where(areas["area_level"].ne("country"), ""),
            ),
        ],
        ignore_index=True,
    )
    people = seed("reference/populations").astype({"mid_year": int})
    newest = people[people["mid_year"] == people["mid_year"].max()].set_index("area_code")
    every["population"] = pd.to_numeric(every["code"].map(newest["population"]))
    # Inner and Outer London have no estimate of their own.
    halves = every["area_level"].eq("ons_sub_region")
    every.loc[halves, "population"] = int(newest.loc["E12000007", "population"]) // 2
    return every[every["population"].notna()].reset_index(drop=True)


def _terms() -> pd.DataFrame:
    """What stands above the line of each indicator, and what below it; the published ones first."""
    terms = seed("registry/indicator_terms")
    published = set(seed("registry/published_measures")["measure_code"])
    is_published = terms.groupby("indicator_code", sort=False)["measure_code"].agg(
        lambda codes: set(codes) <= published
    )
    chosen = is_published.sort_values(ascending=False, kind="stable").index[:INDICATORS]
    terms = terms[terms["indicator_code"].isin(chosen)]
    above = terms[terms["role"] == "numerator"].set_index("indicator_code")["measure_code"]
    below = terms[terms["role"] == "denominator"].set_index("indicator_code")["measure_code"]
    # Posts that are vacant or agency's stand on both sides of the line: the others are the whole.
    whole = below[below.ne(above.reindex(below.index))].groupby(level=0).first()
    factors = seed("registry/indicators").set_index("indicator_code")["denominator_factor"]
    frame = pd.DataFrame({"part": above, "whole": whole, "is_of_days": factors.ne("")})
    return frame.reindex(above.index)


def _ledger(files: pd.DataFrame, when: str, whose: str) -> pd.DataFrame:
    """Rows of a ledger: each file's id and place told from when it is of, whose, and its number."""
    number = files["submission_number"].astype(str)
    name = files["source"] + "/" + files[when] + "/" + files[whose] + "/v" + number
    sha256 = name.map(lambda text: hashlib.sha256(text.encode()).hexdigest())
    return files.assign(
        path=name,
        sha256=sha256,
        file_id=sha256.str[:16],
        release_id="SYNTHETIC-" + name.str.replace("/", "-"),
        state="accepted",
        is_synthetic=True,
        size=10_000,
        first_seen_at=files["received_at"],
    )


def _submissions(figures: _Figures, source: str) -> pd.DataFrame:
    """What authorities send every quarter; some of it twice, some of it never."""
    areas = figures.areas
    senders = areas.loc[areas["geographic_level"] == "Local authority", ["new_la_code"]]
    files = senders.merge(figures.quarters, how="cross").assign(
        source=source, submission_number=1, is_current=True
    )
    files["quarter"] = files["quarter_label"].str.replace(" ", "-")
    files = files[figures.rng.random(len(files)) >= MISSING].reset_index(drop=True)
    again = files[figures.rng.random(len(files)) < SENT_AGAIN]
    files.loc[again.index, "is_current"] = False
    files = pd.concat([files, again.assign(submission_number=2)], ignore_index=True)
    ended = pd.to_datetime(files["quarter_end"], utc=True)
    first = (ended + pd.Timedelta(days=20)).clip(lower=FIRST_LOAD)
    files["received_at"] = first + pd.to_timedelta(files["submission_number"], unit="D")
    files["extract_date"] = (ended + pd.Timedelta(days=5)).dt.strftime("%Y-%m-%d")
    return _ledger(files, "quarter", "new_la_code")


def _sent(figures: _Figures, files: pd.DataFrame) -> pd.DataFrame:
    """One row per file and measure: the figure of its authority and quarter."""
    area = pd.Index(figures.areas["code"]).get_indexer(files["new_la_code"])
    quarter = pd.Index(figures.quarters["quarter_label"]).get_indexer(files["quarter_label"])
    values = np.stack([drawn[quarter, area] for drawn in figures.drawn.values()], axis=1)
    # What is sent again corrects a tenth of what was sent first.
    corrected = figures.rng.random(values.shape) < 0.1
    values += corrected & ~files[["is_current"]].to_numpy()
    return pd.DataFrame(
        {
            "file_id": np.repeat(files["file_id"].to_numpy(), len(figures.drawn)),
            "measure_code": np.tile(np.array(list(figures.drawn)), len(files)),
            "row": np.tile(np.arange(9, 9 + len(figures.drawn)), len(files)),
            "value": values.ravel(),
        }
    )


def _returns(figures: _Figures) -> dict[str, pd.DataFrame]:
    files = _submissions(figures, "return").assign(tables="return_values", sheet="Return")
    values = figures.withheld(_sent(figures, files), ["low", "u", "not_applicable"])
    values = values.assign(sheet="Return", cell="E" + values["row"].astype(str))
    findings = pd.DataFrame(
        {
            "file_id": files["file_id"].iloc[::2],
            "rule_id": "return.template.other",
            "severity": "note",
            "message": "The return is in an earlier version of the template",
            "sheet": "Return",
            "cell": "B6",
            "count": 1,
            "fix": "Nothing; use the newest template next quarter",
        }
    )
    return {"return_files": files, "return_values": values, "return_findings": findings}


def _chat(figures: _Figures) -> dict[str, pd.DataFrame]:
    files = _submissions(figures, "annex_a").assign(tables="chat_values")
    values = _sent(figures, files).merge(files[["file_id", "quarter"]], on="file_id")
    values = values.assign(
        sheet="chat_values", indicator_code=values["measure_code"], is_base=False
    )
    return {"annex_a_files": files, "chat_values": values}


def _published(figures: _Figures) -> dict[str, pd.DataFrame]:
    """The newest release of each dataset, with all years; and the last of the one before."""
    columns = _published_columns(figures)
    releases = [
        _release(figures, columns, LAST_YEAR - 1, len(figures.years) // 10),
        _release(figures, columns, LAST_YEAR, len(figures.years)),
    ]
    values = pd.concat([values for _, values in releases], ignore_index=True)
    return {
        "published_files": pd.concat([files for files, _ in releases], ignore_index=True),
        "published_values": values.assign(time_period=values["time_period"].astype(str)),
    }


def _release(
    figures: _Figures, columns: dict[Column, np.ndarray], year: int, years: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Files and values of one year's releases, which hold the last `years` up to it."""
    is_newest = year == LAST_YEAR
    datasets = dict.fromkeys(dataset for dataset, _, _ in columns)
    if not is_newest:
        del datasets["population"]  # of the year before it is in the seeds
    files = pd.DataFrame({"dataset": list(datasets)}).assign(
        source="published",
        publication="bench",
        release=str(year),
        last_period=str(year),
        tables="published_columns|published_values",
        submission_number=2 if is_newest else 1,
        is_current=is_newest,
        received_at=pd.Timestamp(year, 10, 31, 9, 30, tz="UTC"),
    )
    files = _ledger(files, "release", "dataset")
    lines = pd.DataFrame({"time_period": figures.years}).merge(
        figures.areas[["geographic_level", "region_code", "new_la_code"]], how="cross"
    )
    held = (lines["time_period"] <= year) & (lines["time_period"] > year - years)
    lines = lines.assign(row=np.arange(2, len(lines) + 2), time_identifier="Reporting year")
    frames = []
    for number, ((dataset, column, key), array) in enumerate(columns.items()):
        if dataset in datasets:
            # One column in five was revised since.
            values = array.ravel() + (number % 5 == 0 and not is_newest)
            frame = lines.assign(
                dataset=dataset,
                column_name=column,
                filter_key=key,
                year_end=YEAR_ENDS.get(dataset, "03-31"),
                value=values,
                value_status="ok",
            )[held]
            if dataset != "population":
                frame = figures.withheld(frame, ["c", "x"])
            frames.append(frame)
    values = pd.concat(frames, ignore_index=True)
    return files, values.merge(files[["dataset", "file_id"]], on="dataset")


def _published_columns(figures: _Figures) -> dict[Column, np.ndarray]:
    """What stands in the columns of DfE's files: counts, the rates it prints, populations."""
    flows = set(seed("registry/measures").query("timing == 'flow'")["measure_code"])
    counts = {name: a * (4 if name in flows else 1) for name, a in figures.drawn.items()}
    mapping = seed("registry/published_measures")
    mapping = mapping[mapping["measure_code"].isin(counts)]
    # A measure that adds several columns has an equal part of its count in each.
    parts = mapping.groupby(["dataset", "measure_code"])["column_name"].transform("size")
    columns: dict[Column, np.ndarray] = {}
    for row, count in zip(mapping.itertuples(), parts, strict=True):
        part = np.rint(counts[row.measure_code] / count)
        columns.setdefault((row.dataset, row.column_name, row.filter_key), part)
    people = np.tile(figures.areas["population"].to_numpy(dtype=float), (len(figures.years), 1))
    terms = figures.terms.dropna(subset="part")
    for row in seed("registry/published_indicators").itertuples():
        if row.indicator_code in terms.index:
            part, whole, _ = terms.loc[row.indicator_code]
            is_share = isinstance(whole, str)
            below = np.maximum(counts[whole], 1) if is_share else people
            printed = counts[part] * (100 if is_share else 10_000) / below
            column = (row.dataset, row.column_name, row.filter_key)
            columns[column] = np.round(printed, int(row.decimals))
    for row in seed("registry/published_populations").itertuples():
        columns[row.dataset, row.column_name, row.filter_key] = people
    return columns
