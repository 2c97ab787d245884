"""What the authorities wrote in their narratives: how far, and what may be quoted.

An answer is shown beside its authority's name, and what it speaks of told, only where that
authority lets it be quoted by name.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from exports.marts import read_mart
from ingestion.periods import Quarter

MARTS = ("fct_narrative", "mart_narrative_status", "mart_narrative_theme")

_STATES = ["answered", "empty", "set_aside", "not_returned"]
_WORDS = {"set_aside": "set aside", "not_returned": "not returned", "empty": "left empty"}
# Not the plan, which names people, nor the permission itself.
_QUOTED_PARTS = ["exception", "self_view"]
_LONGEST = 700


@dataclass(frozen=True)
class Quote:
    """An answer that may be quoted by name, and what it answers."""

    about: str
    field: str
    text: str


@dataclass(frozen=True)
class Narratives:
    """Of one quarter: state of each authority's in words, its quotes, and themes by authority.

    themes: columns new_la_code, narrative_theme_label; each pair once.
    """

    states: dict[str, str]
    quotes: dict[str, list[Quote]]
    themes: pd.DataFrame


def read(marts: Path, quarter: Quarter) -> Narratives | None:
    """None where nothing was asked of the quarter."""
    where = [("quarter_label", "==", quarter.label)]
    asked = read_mart(marts, "mart_narrative_status", ["new_la_code", "item", "state"], where)
    if asked.empty:
        return None
    return Narratives(_states(asked), _quotes(marts, where), _themes(marts, where))


def _states(asked: pd.DataFrame) -> dict[str, str]:
    counts = asked.groupby(["new_la_code", "state"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=_STATES, fill_value=0)
    said = {}
    for code, row in zip(counts.index, counts.to_dict("records"), strict=True):
        parts = [f"{row[state]} {_WORDS.get(state, state)}" for state in _STATES if row[state]]
        total = sum(row.values())
        nothing = row["not_returned"] == total
        said[str(code)] = "Not returned" if nothing else f"Of {total} asked: {', '.join(parts)}"
    return said


def _quotes(marts: Path, where: list[tuple]) -> dict[str, list[Quote]]:
    columns = ["new_la_code", "part", "item", "label", "field", "answer", "quoting", "is_current"]
    lines = read_mart(marts, "fct_narrative", columns, where)
    named = (lines["quoting"] == "named") & lines["is_current"].fillna(False).astype(bool)
    named &= lines["part"].isin(_QUOTED_PARTS)
    lines = lines[named & (lines["answer"].fillna("").str.strip() != "")]
    lines = lines.sort_values(["new_la_code", "part", "item", "field"])
    text = lines["answer"].astype("str").str.strip()
    lines = lines.assign(
        text=text.str.slice(0, _LONGEST) + text.str.len().gt(_LONGEST).map({True: " …", False: ""}),
        about=lines["label"].fillna(lines["item"]),
        field=lines["field"].fillna("").astype("str").str.replace("_", " "),
    )
    return {
        str(code): [Quote(q["about"], q["field"], q["text"]) for q in part.to_dict("records")]
        for code, part in lines.groupby("new_la_code")
    }


def _themes(marts: Path, where: list[tuple]) -> pd.DataFrame:
    """Of answers that may be quoted by name: what the others speak of is theirs to say."""
    of_answer = ["new_la_code", "part", "item"]
    lines = read_mart(marts, "mart_narrative_theme", [*of_answer, "narrative_theme_label"], where)
    answers = read_mart(marts, "fct_narrative", [*of_answer, "quoting", "is_current"], where)
    named = answers[(answers["quoting"] == "named") & answers["is_current"].fillna(False)]
    lines = lines.merge(named[of_answer].drop_duplicates(), on=of_answer)
    columns = ["new_la_code", "narrative_theme_label"]
    return lines[columns].drop_duplicates().sort_values(columns, ignore_index=True)
