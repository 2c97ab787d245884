"""Invented outcomes of inspections, in two files half a year apart: some were inspected again.

Belongs here: the layout of Ofsted's outcomes as they are collected, with both its styles of dates.
Does not belong here: any real judgement.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ingestion.codes import code_list
from ingestion.contract import contract
from ingestion.sample.files import at_nine, describe, generator
from ingestion.sources.ofsted import GRADES, TABLE, judgement_areas

_COLLECTED = (date(2025, 3, 31), date(2025, 9, 30))
_INSPECTED_AGAIN = 9
_LONGEST_AGO, _SHORTEST_AGO = 1100, 60  # days from an inspection to the first file
_CARE_LEAVERS_SINCE = date(2023, 1, 1)
_BEFORE_THAT = "inspection_pre_dates_judgement"
# Invented, with good the commonest; of those inspected again a third goes each way, if it can.
_SHARES = (0.2, 0.45, 0.25, 0.1)
_STEPS = (-1, 0, 1)


def _inspections(
    las: pd.DataFrame, started: list[date], places: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Rows as collected; `places` are the grades of each area as places in the list of grades."""
    words = np.array([code.replace("_", " ") for code in code_list(GRADES)])
    start = pd.Series(pd.to_datetime(started), index=las.index)
    short = start.dt.day % 2 == 0
    end = start + pd.to_timedelta(short.map({True: 4, False: 11}), unit="D")
    rows = pd.DataFrame(
        {
            "urn": [str(90001 + place) for place in las.index],
            "la_code": las["old_la_code"],
            "region_code": "GL",
            "new_la_code": las["new_la_code"],
            "stat_neighbours": "",
            "la_name": las["la_name"].str.lower(),
            "inspection_framework": short.map({True: "short", False: "standard"}),
            "inspection_start_date": start.dt.strftime("%d/%m/%Y"),
            "inspection_end_date": end.dt.strftime("%d/%m/%Y"),
            "publication_date": (end + timedelta(days=42)).dt.strftime("%d/%m/%y"),
            **{area: words[place] for area, place in places.items()},
        }
    )
    old = start < pd.Timestamp(_CARE_LEAVERS_SINCE)
    rows["care_leavers"] = rows["care_leavers"].mask(old, _BEFORE_THAT)
    return rows


def write_ofsted(root: Path, authorities: pd.DataFrame, seed: int) -> list[Path]:
    """The two files, with sidecars, under `root`."""
    rng = generator(seed, "ofsted")
    las = authorities.reset_index(drop=True)
    first, second = _COLLECTED
    ago = rng.integers(_SHORTEST_AGO, _LONGEST_AGO, len(las))
    places = {area: rng.choice(len(_SHARES), len(las), p=_SHARES) for area in judgement_areas()}
    before = _inspections(las, [first - timedelta(days=int(days)) for days in ago], places)

    again = las.iloc[np.sort(np.argsort(-ago)[:_INSPECTED_AGAIN])]
    steps = np.resize(_STEPS, len(again))
    later = {
        area: np.clip(place[again.index] + steps, 0, len(_SHARES) - 1)
        for area, place in places.items()
    }
    started = [first + timedelta(days=int(days)) for days in rng.integers(14, 120, len(again))]
    after = before.copy()
    after.loc[again.index] = _inspections(again, started, later)

    headers = {c.name: c.headers[0] for c in contract("ofsted").table(TABLE).columns}
    paths = []
    for rows, day in ((before, first), (after, second)):
        path = root / f"ofsted_ilacs_overview_{day:%Y_%m}_synthetic.csv"
        layout = rows[list(headers)].rename(columns=headers)
        layout.to_csv(path, index=False, lineterminator="\r\n")
        describe(path, at_nine(day), synthetic=True)
        paths.append(path)
    return paths
