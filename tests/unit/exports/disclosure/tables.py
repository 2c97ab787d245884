"""Small tables as fct_indicator has them, and a naive attacker that tries every whole number."""

import numpy as np
import pandas as pd

from exports.disclosure.cells import ROW, cells_of
from ingestion.periods import Quarter

CITY, BARKING, BARNET, BEXLEY = "E09000001", "E09000002", "E09000003", "E09000004"
LONDON = "E12000007"
QUARTERS = ["2024-25 Q1", "2024-25 Q2", "2024-25 Q3", "2024-25 Q4"]


def fact(la, indicator, label, numerator, denominator=None, period_type="quarter"):
    """One row of fct_indicator; the value is left to `cells`."""
    return (la, indicator, label, numerator, denominator, period_type)


def cells(facts, relations, totals=True, rolling=False):
    """The cells of rows made by `fact`, with London and rolling years where asked for."""
    columns = ["new_la_code", "indicator_code", "period_label", "numerator", "denominator"]
    frame = pd.DataFrame(facts, columns=[*columns, "period_type"])
    frame[["numerator", "denominator"]] = frame[["numerator", "denominator"]].astype(float)
    if rolling:
        labels = sorted(set(frame["period_label"]))
        frame = pd.concat([frame, *(_rolling(frame, label) for label in labels)])
    if totals:
        keys = ["indicator_code", "period_label", "period_type"]
        sums = frame.groupby(keys, as_index=False)[["numerator", "denominator"]].sum(min_count=1)
        frame = pd.concat([frame, sums.assign(new_la_code=LONDON)])
    multiplier = frame["indicator_code"].map(
        relations.indicators.set_index("indicator_code")["multiplier"]
    )
    below = frame["denominator"].fillna(1)
    frame["value"] = frame["numerator"] / below.where(below != 0) * multiplier
    frame["value_status"] = np.where(below == 0, "not_applicable", "ok")
    return cells_of(frame.assign(source="return").reset_index(drop=True), relations)


def _rolling(frame, label):
    wanted = {Quarter.parse(label).shift(-back).label for back in range(4)}
    four = frame[frame["period_label"].isin(wanted)]
    keys = ["new_la_code", "indicator_code"]
    whole = four.groupby(keys).filter(lambda group: len(group) == 4)
    sums = whole.groupby(keys, as_index=False)[["numerator", "denominator"]].sum(min_count=1)
    return sums.assign(period_label=label, period_type="rolling_4q")


def hidden_rows(out):
    """The rows that are hidden, as a set of (authority, indicator, period type, label)."""
    rows = out[(out["role"] == "value") & (out["value_status"] == "c")]
    return set(rows[ROW[1:]].itertuples(index=False, name=None))


def every_table(hidden, table, lines):
    """Every table that has other whole numbers where `hidden`, and the same sums along `lines`.

    A number is one at least and no more than eight away. Numbers are tried one after the other, and
    a sum as soon as its last number is set.
    """
    places = [tuple(place) for place in np.argwhere(hidden)]
    late = [[] for _ in places]
    for line in lines:
        on_line = np.zeros(table.shape, bool)
        on_line[line] = True
        at = [number for number, place in enumerate(places) if on_line[place]]
        if at:
            late[max(at)].append((line, table[line].sum()))
    found, other = [], table.copy()

    def fill(at):
        if at == len(places):
            found.append(other.copy())
            return
        true = table[places[at]]
        for value in range(max(1, true - 8), true + 9):
            other[places[at]] = value
            if all(other[line].sum() == known for line, known in late[at]):
                fill(at + 1)
        other[places[at]] = true

    fill(0)
    return np.array(found)
