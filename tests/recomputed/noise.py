"""How many of London's exceptions are likely noise: the table of docs/exceptions-noise.md.

`python -m tests.recomputed.noise <folder of marts>` prints it.
"""

import sys
from math import floor
from pathlib import Path

import pandas as pd

from orchestration.home import DBT_PROJECT
from tests.recomputed.marts import FIGURE, Frames, recomputed
from tests.recomputed.methods import Z_998, chance, steadied
from tests.recomputed.project import Project

SHARES = {
    "Not significant": "not_significant",
    "Inside 95%": "inside_95",
    "Inside 99.8%": "inside_998",
    "Inside 99.8%, plain": "inside_plain",
    "Gone next year": "gone",
    "Not lasting": "not_lasting",
}


def judged(project: Project, marts: Frames, fct_indicator: pd.DataFrame) -> pd.DataFrame:
    """Each exception of the published years with a yes or no of each kind; null is not tested."""
    excepted = marts["fct_exception"].query("source == 'published'")
    is_tested = excepted["significance"] != "not_tested"
    flags = excepted[[*FIGURE, "direction"]].assign(
        not_significant=(~excepted["is_significant"].astype(bool)).where(is_tested),
        inside_95=(excepted["funnel_position"] == "inside").where(is_tested),
        inside_998=(~excepted["funnel_position"].str.endswith("_998")).where(is_tested),
        inside_plain=plain(project, excepted, fct_indicator).where(is_tested),
        gone=gone(project, excepted, marts["fct_comparison"]),
        not_lasting=~excepted["is_lasting"].astype(bool),
    )
    return flags


def plain(project: Project, excepted: pd.DataFrame, fct_indicator: pd.DataFrame) -> pd.Series:
    """Inside the 99.8% limits that chance alone makes: no mart has them."""
    current = fct_indicator.loc[fct_indicator["is_current"]]
    parts = excepted[FIGURE].merge(current[[*FIGURE, "numerator", "denominator"]], how="left")
    inside = []
    for row, london in zip(parts.itertuples(), excepted["london_value"], strict=True):
        indicator = project.indicators[row.indicator_code]
        if indicator.interval == "none":
            inside.append(None)
            continue
        y = steadied(row.numerator / row.denominator, indicator.interval)
        centre = steadied(london / indicator.multiplier, indicator.interval)
        inside.append(abs(y - centre) <= Z_998 * chance(row.denominator))
    return pd.Series(inside, index=excepted.index, dtype=object)


def gone(project: Project, excepted: pd.DataFrame, compared: pd.DataFrame) -> pd.Series:
    """Not the same exception in the next year; null where that has no comparison."""
    there = compared.query("comparison_group == 'london' and source == 'published'")
    there = there[there["rank"].notna() & (there["n"] >= project.minimum_authorities)]
    comparable, flagged = set(in_years(there)), set(in_years(excepted, "direction"))
    found = [
        key not in flagged if key[:-1] in comparable else None
        for key in in_years(excepted, "direction", later=1)
    ]
    return pd.Series(found, index=excepted.index, dtype=object)


def in_years(frame: pd.DataFrame, *more: str, later: int = 0) -> list[tuple[object, ...]]:
    """Indicator, authority, year and what more is asked for, of each row."""
    columns = [frame[column] for column in ("indicator_code", "new_la_code")]
    years = frame["period_label"].astype(int) + later
    return list(zip(*columns, years, *(frame[column] for column in more), strict=True))


def table(project: Project, flags: pd.DataFrame) -> str:
    """Markdown: a line for each indicator, the noisiest first, and one for all."""
    columns = list(SHARES.values())
    flags = flags.assign(**{column: flags[column].astype(float) for column in columns})
    by_indicator = flags.groupby("indicator_code")[columns].mean()
    by_indicator["n"] = flags.groupby("indicator_code").size()
    by_indicator["label"] = by_indicator.index.map(lambda code: project.indicators[code].label)
    ordered = by_indicator.sort_values(["not_significant", "label"], ascending=[False, True])
    total = {**flags[columns].mean(), "label": "**All**", "n": len(flags)}
    lines = [row("Indicator", "Exceptions", *SHARES), "|---" + "|--:" * (len(SHARES) + 1) + "|"]
    lines += [
        row(one["label"], one["n"], *(percent(one[column]) for column in columns))
        for one in [*ordered.to_dict("records"), total]
    ]
    return "\n".join(lines) + "\n"


def row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def percent(share: float) -> str:
    """Half up; an en dash where nothing was tested."""
    return "–" if pd.isna(share) else f"{floor(100 * share + 0.5 + 1e-9)}%"


def main(folder: Path) -> None:
    project = Project(DBT_PROJECT)
    figures = pd.read_parquet(folder / "fct_indicator.parquet")
    flags = judged(project, recomputed(project, figures), figures)
    print(table(project, flags), end="")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
