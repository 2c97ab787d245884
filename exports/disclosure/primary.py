"""Which figures are small themselves, and how the rest is rounded. Looks at one row at a time.

What could be worked out from other rows is the business of secondary.py.
"""

import numpy as np
import pandas as pd

from exports.disclosure.cells import ROLES, ROW
from exports.disclosure.profiles import Profile
from exports.disclosure.relations import Relations
from exports.rounding import half_up_double, rounded_value


def suppress_small(cells: pd.DataFrame, profile: Profile, relations: Relations) -> pd.DataFrame:
    """Cells with status `profile.symbol` wherever a count of people in their row is small.

    Small is 1 to the threshold (0 too where the profile hides zero): the numerator, the
    denominator, or what is left of the denominator. Rate, count and denominator hide together: a
    rate times a public population is the count. Numbers are kept in `value`: they go when all is
    decided (`blanked`). Nothing of authorities is printed where the profile forbids it.
    """
    if not profile.la_level:
        single = ~cells["new_la_code"].isin(relations.members["area"])
        cells = cells.assign(printed=cells["printed"] & ~single)
    if profile.threshold is None:
        return cells
    small = small_counts(cells, profile, relations)
    hidden = small.groupby([cells[key] for key in ROW]).transform("any")
    return hide(cells, hidden, profile, relations)


def hide(
    cells: pd.DataFrame, hidden: pd.Series, profile: Profile, relations: Relations
) -> pd.DataFrame:
    """The cells with the rows of `hidden` hidden, which are small, and what gives itself away.

    Where zeros are shown, a hidden count is known to be one at least. Not so a zero that hides with
    its row: nobody can tell it from the others.
    """
    least = 1.0 if profile.shows_zero else 0.0
    number = _sensitive(cells, relations)
    shown = hidden & cells["printed"] & (cells["value_status"] == "ok")
    some = shown & (number >= least)
    return cells.assign(
        value_status=cells["value_status"].mask(shown, profile.symbol),
        least=cells["least"].mask(some & (cells["role"] != "value"), least),
        is_small=cells["is_small"] | (some & (number <= (profile.threshold or 0))),
    )


def small_counts(cells: pd.DataFrame, profile: Profile, relations: Relations) -> pd.Series:
    """Whether a cell is a small count: numerators, denominators; on a value, what is left."""
    least = 0 if not profile.shows_zero else 1
    return _sensitive(cells, relations).between(least, profile.threshold or 0)


def _sensitive(cells: pd.DataFrame, relations: Relations) -> pd.Series:
    """The count of people a cell stands for, NaN where it stands for none."""
    sides = sides_of_people(relations)
    number = cells["value"].where(cells["value_status"] == "ok")
    by_role = cells[["indicator_code", "role"]].merge(sides, how="left")["is_people"]
    counted = number.where(by_role.fillna(False).to_numpy())
    wide = number.to_frame("n").assign(role=cells["role"], **{k: cells[k] for k in ROW})
    wide = wide.pivot(index=ROW, columns="role", values="n")
    left = wide.get("denominator", np.nan) - wide.get("numerator", np.nan)
    left_over = cells[ROW].join(pd.Series(left, index=wide.index).rename("left"), on=ROW)["left"]
    is_value = cells["role"] == "value"
    return counted.mask(is_value, left_over.where(cells["indicator_code"].isin(shares(relations))))


def sides_of_people(relations: Relations) -> pd.DataFrame:
    """indicator_code, role, is_people: whether a side of a sensitive indicator counts people."""
    terms = relations.terms.assign(is_people=relations.terms["measure_code"].isin(relations.people))
    sides = terms.groupby(["indicator_code", "role"])["is_people"].all().reset_index()
    sensitive = relations.indicators.query("is_sensitive")["indicator_code"]
    return sides[sides["indicator_code"].isin(sensitive)]


def shares(relations: Relations) -> pd.Series:
    """Indicators that are a share: what is left of the denominator is people too."""
    sides = sides_of_people(relations).query("is_people and role == 'denominator'")
    percent = relations.indicators.query("unit == 'percent'")["indicator_code"]
    return percent[percent.isin(sides["indicator_code"])]


def blanked(cells: pd.DataFrame, profile: Profile, relations: Relations) -> pd.DataFrame:
    """What is left to print, rounded half up; hidden and unprinted numbers are gone for good.

    But for populations, which are public: a rate printed alone still gives its count.
    """
    is_population = (cells["role"] == "denominator") & ~_has_side(cells, relations)
    gone = (cells["value_status"] == profile.symbol) | ~(cells["printed"] | is_population)
    step = printed_steps(cells, profile, relations)
    is_count = step > 1
    steps = cells["value"] / step.where(is_count)
    rounded = cells["value"].mask(is_count, half_up_double(steps, 0) * step)
    rounded = rounded.mask((step > 0) & ~is_count, _rounded_ratios(cells, relations))
    return cells.assign(value=rounded.mask(gone), step=step)


def _rounded_ratios(cells: pd.DataFrame, relations: Relations) -> pd.Series:
    """Values rounded by their fractions, where numerator and denominator are there."""
    wide = cells.pivot(index=ROW, columns="role", values="value").reindex(columns=list(ROLES))
    rows = cells[ROW].join(wide, on=ROW)
    facts = relations.indicators.set_index("indicator_code")
    multiplier, decimals = (
        rows["indicator_code"].map(facts[n]) for n in ("multiplier", "decimals")
    )
    return rounded_value(
        rows["value"], rows["numerator"], rows["denominator"], multiplier, decimals
    )


def _has_side(cells: pd.DataFrame, relations: Relations) -> pd.Series:
    """Whether measures stand behind a numerator or denominator; below a rate is a population."""
    sides = relations.terms[["indicator_code", "role"]].drop_duplicates().assign(has=True)
    found = cells[["indicator_code", "role"]].merge(sides, how="left")["has"]
    return found.notna().set_axis(cells.index)


def printed_steps(cells: pd.DataFrame, profile: Profile, relations: Relations) -> pd.Series:
    """To what each cell is rounded: counts by the profile, values by the registry's decimals."""
    facts = relations.indicators.set_index("indicator_code")
    unit = cells["indicator_code"].map(facts["unit"])
    total = cells["new_la_code"].isin(relations.members["area"])
    base = pd.Series(np.where(total, profile.total_rounding, profile.la_rounding), cells.index)
    sides = sides_of_people(relations)
    people = cells[["indicator_code", "role"]].merge(sides, how="left")["is_people"].fillna(False)
    is_count = people.to_numpy() | ((cells["role"] == "value") & (unit == "count"))
    decimals = cells["indicator_code"].map(facts["decimals"])
    is_value = (cells["role"] == "value") & (unit != "count")
    step = base.where(is_count & (base > 1), 0).astype(float)
    return step.mask(is_value, 10.0**-decimals)
