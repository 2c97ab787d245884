"""Cells as sums of the numbers behind them: a measure, an authority, a quarter.

London's figure is a sum over authorities, a rolling year one over quarters, a numerator one over
the measures of its terms, and one indicator's numerator is another's denominator: all of these are
the same few unknowns, so every way of working one cell out from others follows from here, and none
is listed. What is hidden is a column of the cells.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from exports.disclosure.cells import ROW, suppression_symbols
from exports.disclosure.primary import shares
from exports.disclosure.relations import Relations
from exports.disclosure.solver import Numbers, Places, Problem
from ingestion.periods import Quarter

_UNKNOWN = ["source", "measure_code", "new_la_code", "period_label", "version"]
_PLACE = _UNKNOWN[:-1]
# A ratio printed without rounding is taken to the sixth decimal.
_FINEST = 1e-6
_EPS = 1e-9


@dataclass(frozen=True)
class System:
    """The unknowns behind the cells of one recipient, and the sums the cells are.

    cells: what the caller gave (one frame, all publications, `publication` telling them apart) with
        `row`, its place in `rows`, and `form`, its place in `forms`; -1 where it is no count.
    rows: publication and ROW, with the forms of numerator, denominator and what is left (-1: none),
        the public population below the line, and the multiplier.
    unknowns: source, measure_code, new_la_code, period_label and version of each.
    forms: one row per different sum of unknowns.
    expected: sums of unknowns that lie between `expected_low` and `expected_high` if the data are
        as the registry says: breakdowns add up, parts are no larger than wholes.
    """

    cells: pd.DataFrame
    rows: pd.DataFrame
    unknowns: pd.DataFrame
    forms: csr_array
    expected: csr_array
    expected_low: Numbers
    expected_high: Numbers

    @classmethod
    def of(cls, cells: pd.DataFrame, relations: Relations) -> "System":
        """The system of cells with a `publication` column; figures that no rule covers are left."""
        facts = relations.indicators
        sensitive = facts.loc[facts["is_sensitive"], "indicator_code"]
        cells = cells[cells["indicator_code"].isin(sensitive)].reset_index(drop=True)
        sums = _sums(cells, relations)
        unknown = sums.groupby(_UNKNOWN, sort=True).ngroup().to_numpy()
        size = int(unknown.max()) + 1 if len(sums) else 0
        by_cell = csr_array(
            (np.ones(len(sums)), (sums["cell"].to_numpy(), unknown)), shape=(len(cells), size)
        )
        by_cell.sum_duplicates()
        forms, form = _different(by_cell)
        rows = _rows(cells.assign(form=form), relations)
        cells = cells.assign(form=form, row=rows["row_of_cell"])
        table = rows["rows"]
        forms, left = _with_left_over(forms, table)
        table = table.assign(left=left)
        names = sums.assign(unknown=unknown)[["publication", *_UNKNOWN, "unknown"]]
        expected = _expected(names.drop_duplicates(), relations, size)
        unknowns = names.drop_duplicates("unknown").sort_values("unknown")[_UNKNOWN]
        return cls(cells, table, unknowns.reset_index(drop=True), forms, *expected)

    def problem(self, cells: pd.DataFrame) -> Problem:
        """All that is known of the unknowns when `cells` (these, with other statuses) are out."""
        low, high = self.intervals(cells)
        ratios, _ = self.ratios(cells, low == high)
        half = ratios.shape[0] // 2
        matrix = vstack([self.forms, ratios, self.expected], format="csr")
        doubtful = np.zeros(matrix.shape[0], bool)
        doubtful[matrix.shape[0] - self.expected.shape[0] :] = True
        return Problem.of(
            csr_array(matrix),
            np.concatenate([low, np.zeros(half), np.ones(half), self.expected_low]),
            np.concatenate([high, np.full(2 * half, np.inf), self.expected_high]),
            doubtful,
        )

    def intervals(self, cells: pd.DataFrame) -> tuple[Numbers, Numbers]:
        """Between what each form lies, by what is printed of it or granted about it."""
        low = np.zeros(self.forms.shape[0])
        high = np.full(self.forms.shape[0], np.inf)
        counts = cells[cells["form"] >= 0]
        seen = counts[is_seen(counts)]
        half = seen["step"].where(seen["step"] > 1, 0) / 2
        exact = half == 0
        bottom = np.where(exact, seen["value"].round(), np.ceil(seen["value"] - half))
        top = np.where(exact, bottom, np.ceil(seen["value"] + half) - 1)
        told = cells[is_hidden(cells) & (cells["form"] >= 0) & cells["least"].notna()]
        for at, least, most in (
            (seen["form"].to_numpy(), bottom, top),
            (told["form"].to_numpy(), told["least"].to_numpy(), np.full(len(told), np.nan)),
            self._counts_of_rates(cells),
        ):
            np.maximum.at(low, at, np.nan_to_num(least, nan=0.0))
            np.minimum.at(high, at, np.nan_to_num(most, nan=np.inf))
        return low, high

    def _counts_of_rates(self, cells: pd.DataFrame) -> tuple[Places, Numbers, Numbers]:
        """The form, and the least and most it can be, of each rate printed over a population."""
        printed = self._printed_ratios(cells)
        printed = printed[np.isfinite(printed["population"])]
        scale = 2 * printed["steps"] * printed["multiplier"]
        least = np.ceil((2 * printed["value"] - 1) * printed["population"] / scale - _EPS)
        most = np.ceil((2 * printed["value"] + 1) * printed["population"] / scale - _EPS) - 1
        return printed["numerator"].to_numpy(), least.to_numpy(), most.to_numpy()

    def ratios(self, cells: pd.DataFrame, known: NDArray[np.bool_]) -> tuple[csr_array, Places]:
        """Printed ratios of two counts, unless both are `known`, as sums; and the row of each.

        v - h <= m n / d < v + h, in whole numbers: 2 s m n - (2V - 1) d >= 0 for the first half of
        the sums and (2V + 1) d - 2 s m n >= 1 for the second, with s steps in one and V the value
        in steps.
        """
        printed = self._printed_ratios(cells)
        printed = printed[printed["denominator"] >= 0]
        exact = known[printed["numerator"]] & known[printed["denominator"]]
        printed = printed[~exact]
        above = 2 * printed["steps"] * printed["multiplier"]
        shape = (len(printed), self.forms.shape[0])
        at = np.arange(len(printed))
        over = csr_array((above, (at, printed["numerator"])), shape=shape)
        twice = 2 * printed["value"]
        under = csr_array((twice - 1, (at, printed["denominator"])), shape=shape)
        upper = csr_array((twice + 1, (at, printed["denominator"])), shape=shape)
        sums = vstack([over - under, upper - over], format="csr") @ self.forms
        return csr_array(sums), np.tile(printed["row"].to_numpy(), 2)

    def _printed_ratios(self, cells: pd.DataFrame) -> pd.DataFrame:
        """The values printed, in steps, with the forms they are ratios of."""
        values = cells[(cells["role"] == "value") & is_seen(cells)]
        rows = self.rows.iloc[values["row"]]
        steps = np.round(1 / np.maximum(values["step"].to_numpy(), _FINEST))
        # A count's value is rounded like the count.
        steps = np.where(values["step"] > 1, 1 / values["step"], steps)
        printed = rows[["numerator", "denominator", "population", "multiplier"]].assign(
            row=values["row"].to_numpy(),
            steps=steps,
            value=np.round(values["value"].to_numpy() * steps),
        )
        there = (printed["denominator"] >= 0) | np.isfinite(printed["population"])
        return printed[there & (printed["numerator"] >= 0)]


def is_hidden(cells: pd.DataFrame) -> pd.Series:
    """Given, but as a symbol."""
    return cells["printed"] & cells["value_status"].isin(suppression_symbols())


def is_seen(cells: pd.DataFrame) -> pd.Series:
    """Given, as a number."""
    return cells["printed"] & (cells["value_status"] == "ok")


def _sums(cells: pd.DataFrame, relations: Relations) -> pd.DataFrame:
    """One row per cell and number it is a sum of: cell, publication, then _UNKNOWN."""
    counts = cells.assign(cell=np.arange(len(cells)))
    there = counts["value_status"].isin(["ok", *suppression_symbols()])
    counts = counts[there & (counts["role"] != "value")].drop(columns=["value_status", "value"])
    sums = counts.merge(relations.terms, on=["indicator_code", "role"])
    sums = pd.concat([_of_authorities(sums, relations), _of_areas(sums, cells, relations)])
    sums = sums.merge(_quarters(sums), on=["period_type", "period_label"])
    is_rolling = sums["period_type"] == "rolling_4q"
    is_single = sums["is_single"] & ~is_rolling
    sums["period_label"] = sums["quarter"]

    # A sum is made of the figures as they stood in its own publication, else as last given.
    here = sums[is_single].drop_duplicates(["publication", *_PLACE])
    here = here[["publication", *_PLACE, "version"]].sort_values("publication", kind="stable")
    last = here.drop_duplicates(_PLACE, keep="last").drop(columns="publication")
    sums = sums.drop(columns="version").merge(here, on=["publication", *_PLACE], how="left")
    sums = sums.merge(last.rename(columns={"version": "last_version"}), on=_PLACE, how="left")
    sums["version"] = sums["version"].fillna(sums["last_version"]).fillna("")
    return sums.sort_values(["cell", *_UNKNOWN], ignore_index=True)[
        ["cell", "publication", *_UNKNOWN]
    ]


def _of_authorities(sums: pd.DataFrame, relations: Relations) -> pd.DataFrame:
    return sums[~sums["new_la_code"].isin(relations.members["area"])].assign(is_single=True)


def _of_areas(sums: pd.DataFrame, cells: pd.DataFrame, relations: Relations) -> pd.DataFrame:
    """Cells of areas, once for each authority in them: those that sent both sides."""
    sums = sums[sums["new_la_code"].isin(relations.members["area"])]
    sums = sums.rename(columns={"new_la_code": "area"}).merge(relations.members, on="area")
    place = ["publication", "source", "indicator_code", "period_type", "period_label"]
    single = cells[~cells["new_la_code"].isin(relations.members["area"])]
    held = single.assign(
        is_held=single["value_status"].isin(["ok", *suppression_symbols()]).astype(float)
    )
    held = held[held["role"] != "value"].pivot(
        index=[*place, "new_la_code"], columns="role", values="is_held"
    )
    if held.empty:
        return sums.drop(columns="area").assign(is_single=False)
    # Where nobody has anything below the line, the counts are added up all the same.
    held = held.reindex(columns=["numerator", "denominator"])
    anybody = (held["denominator"] == 1).groupby(level=place).transform("any")
    is_in = (held["numerator"] == 1) & ((held["denominator"] != 0) | ~anybody)
    is_in = is_in.rename("is_in")
    grid = is_in.groupby(level=place).size().rename("grid")
    sums = sums.join(is_in, on=[*place, "new_la_code"]).join(grid, on=place)
    # Without rows of authorities nothing says that one is missing.
    kept = sums["is_in"].astype("boolean").fillna(False) | sums["grid"].isna()
    return sums[kept].drop(columns=["area", "is_in", "grid"]).assign(is_single=False)


def _quarters(sums: pd.DataFrame) -> pd.DataFrame:
    """period_type, period_label, quarter: the label itself, or the four of a rolling year."""
    periods = sums[["period_type", "period_label"]].drop_duplicates()
    rolling = periods["period_type"] == "rolling_4q"
    spread = [periods[~rolling].assign(quarter=periods["period_label"])]
    for back in range(4):
        labels = periods.loc[rolling, "period_label"]
        earlier = [Quarter.parse(label).shift(-back).label for label in labels]
        spread.append(periods[rolling].assign(quarter=earlier))
    return pd.concat(spread)


def _different(by_cell: csr_array) -> tuple[csr_array, Places]:
    """The different rows of a matrix, and which of them each row is; -1 for an empty one."""
    # Two sums are told apart by a sum of random numbers, one to an unknown: 64 bits, fixed seed.
    marks = np.random.default_rng(0).integers(1, 2**62, by_cell.shape[1], dtype=np.uint64)
    entries = by_cell.tocoo()
    key = np.zeros(by_cell.shape[0], dtype=np.uint64)
    np.add.at(key, entries.row, marks[entries.col] * entries.data.astype(np.uint64))
    filled = np.diff(by_cell.indptr) > 0
    _, first, which = np.unique(key[filled], return_index=True, return_inverse=True)
    form = np.full(by_cell.shape[0], -1, dtype=np.int64)
    form[filled] = which
    return csr_array(by_cell[np.flatnonzero(filled)[first]]), form


def _rows(cells: pd.DataFrame, relations: Relations) -> dict:
    """The rows of the cells, and the row of each cell."""
    place = ["publication", *ROW]
    number = cells.groupby(place, sort=True).ngroup()
    rows = cells[place].assign(row=number).drop_duplicates("row").sort_values("row")
    rows = rows.set_index("row")
    for role in ("numerator", "denominator"):
        of_role = cells[cells["role"] == role].set_index(number[cells["role"] == role])
        rows[role] = of_role["form"].reindex(rows.index).fillna(-1).astype(int)
        if role == "denominator":
            # No measure stands below the line: a population, or one in a count.
            rows["population"] = of_role["value"].reindex(rows.index).mask(rows[role] >= 0)
    facts = relations.indicators.set_index("indicator_code")
    unit = rows["indicator_code"].map(facts["unit"])
    rows["population"] = rows["population"].mask(unit == "count", 1.0)
    rows["multiplier"] = rows["indicator_code"].map(facts["multiplier"])
    rows["is_share"] = rows["indicator_code"].isin(shares(relations))
    return {"rows": rows, "row_of_cell": number}


def _with_left_over(forms: csr_array, rows: pd.DataFrame) -> tuple[csr_array, Places]:
    """The forms, and those of denominator less numerator of every share."""
    share = (rows["is_share"] & (rows["numerator"] >= 0) & (rows["denominator"] >= 0)).to_numpy()
    pairs = rows.loc[share, ["denominator", "numerator"]].drop_duplicates()
    rest = forms[pairs["denominator"].to_numpy()] - forms[pairs["numerator"].to_numpy()]
    place = pairs.assign(left=forms.shape[0] + np.arange(len(pairs)))
    found = rows[["denominator", "numerator"]].merge(place, how="left")["left"].to_numpy()
    left = np.where(share, found, -1)
    return csr_array(vstack([forms, rest], format="csr")), left.astype(np.int64)


def _expected(
    names: pd.DataFrame, relations: Relations, size: int
) -> tuple[csr_array, Numbers, Numbers]:
    """Breakdowns and parts of wholes, wherever a publication says something of both sides."""
    place = ["publication", "source", "new_la_code", "period_label"]
    each = names[[*place, "measure_code", "unknown"]]
    of_part = each.rename(columns={"measure_code": "part", "unknown": "small"})
    lines = []
    sides = ((relations.breakdowns, "total"), (relations.wholes, "whole"))
    for number, (pairs, name) in enumerate(sides):
        of_whole = each.rename(columns={"measure_code": name, "unknown": "large"})
        line = of_part.merge(pairs, on="part").merge(of_whole, on=[name, *place])
        if name == "total":
            there = line.groupby([*place, name])["part"].transform("nunique")
            wanted = line[name].map(pairs.groupby(name)["part"].nunique())
            # Parts that nobody gives leave a rest: then the others are no more than the total.
            line["most"] = line["tolerance"].where(there == wanted, np.inf)
            line["line"] = line.groupby([*place, name]).ngroup()
        else:
            line["most"], line["tolerance"], line["line"] = np.inf, 0.0, np.arange(len(line))
        wanted_columns = ["kind", "line", "small", "large", "tolerance", "most"]
        lines.append(line.assign(kind=number)[wanted_columns])
    every = pd.concat(lines)
    every["line"] = every.groupby(["kind", "line"]).ngroup()
    heads = every.drop_duplicates("line").sort_values("line")
    at = np.concatenate([every["line"], heads["line"]]).astype(int)
    unknown = np.concatenate([every["small"], heads["large"]]).astype(int)
    sign = np.concatenate([-np.ones(len(every)), np.ones(len(heads))])
    matrix = csr_array((sign, (at, unknown)), shape=(len(heads), size))
    return matrix, -heads["tolerance"].to_numpy(), heads["most"].to_numpy()
