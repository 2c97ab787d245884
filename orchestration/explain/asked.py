"""What a person asked `liia explain` for, as codes: authority, indicator and labels of a period.

Belongs here: every way to write each of them, and the sentence for one that means nothing. Does not
belong here: whether there is such a figure.
"""

import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches

import pandas as pd

from ingestion.headers import normalise
from ingestion.landing import la_code
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import seed

SOURCES = ("return", "chat", "published")


class NotThere(ValueError):
    """What was asked for means nothing or is not there; the message says what there is."""


def area_asked(text: str, areas: pd.DataFrame) -> str:
    """The GSS code of an area named by short code, GSS or DfE code, or its name."""
    changed = seed("reference/la_code_changes").set_index("la_code")["new_la_code"]
    wanted = changed.get(text.strip().upper(), text.strip())
    london = la_code(wanted)
    if london is not None:
        return london
    names: dict[str, str] = {}
    for column in ("old_la_code", "la_name", "new_la_code"):
        known = areas[areas[column].notna()]
        names |= dict(zip(known[column].map(normalise), known["new_la_code"], strict=True))
    code = names.get(normalise(wanted))
    if code is None:
        raise NotThere(
            f"{text!r} is not an authority or area; write it like {REGION.like}, "
            f"{REGION.name} or England.{_nearest(wanted, areas['la_name'])}"
        )
    return code


def indicator_asked(text: str, indicators: pd.DataFrame) -> str:
    """An indicator's code, whatever its capitals; for any other text, the nearest ones."""
    codes = indicators["indicator_code"]
    wanted = text.strip().lower()
    if wanted in set(codes):
        return wanted
    labels = dict(zip(indicators["label"].str.lower(), codes, strict=True))
    near = get_close_matches(wanted, [*codes, *labels], n=3, cutoff=0.6)
    near = list(dict.fromkeys(labels.get(name, name) for name in near))
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    listing = 'liia sql "from dim_indicator"'
    raise NotThere(f"{text!r} is not an indicator.{meant} All of them: {listing}")


def labels_asked(text: str, periods: pd.DataFrame) -> list[str]:
    """The labels that a period may stand under, by the columns period_label and period_end.

    A quarter as `liia run` takes it; a year as DfE writes it (2024, 202324) or as 2023-24. DfE
    calls the financial year 2023-24 202324 in one dataset and 2024, its end, in another.
    """
    try:
        return [Quarter.parse(text).label]
    except ValueError:
        pass
    year = re.fullmatch(r"(20\d\d)(?: ?[-/–]? ?(?:20)?(\d\d))?", text.strip())
    if year is None or (year[2] and (int(year[1]) + 1) % 100 != int(year[2])):
        raise NotThere(
            f"{text!r} is not a period; write a quarter like 2025-26 Q2 or 2025-26-Q2, a year of "
            "DfE’s like 2024, 202324 or 2023-24"
        )
    if not year[2]:
        return [year[1]]
    end = date(int(year[1]) + 1, 3, 31)
    same = periods[pd.to_datetime(periods["period_end"]).dt.date == end]["period_label"]
    of_year = [label for label in same.unique() if label == str(end.year)]
    return [year[1] + year[2], *of_year]


def what_there_is(figures: pd.DataFrame) -> str:
    """Which periods each source has, for the sentence about a figure that is not there."""
    told = figures.sort_values("period_end").drop_duplicates(["source", "period_label"])
    parts = [
        f"{source}: {', '.join(told.loc[told['source'] == source, 'period_label'])}"
        for source in SOURCES
        if (told["source"] == source).any()
    ]
    return "; ".join(parts)


def _nearest(text: str, names: Iterable[str]) -> str:
    known = {name.lower(): name for name in names}
    near = get_close_matches(text.lower(), known, n=1, cutoff=0.6)
    return f" Did you mean {known[near[0]]}?" if near else ""
