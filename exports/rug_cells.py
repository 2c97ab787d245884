"""What one cell of a tartan rug shows: its text, its fifth's colour, its marks and their words.

The same in the rugs, in each authority's page and in the workbook. Figures and fifths are the
mart's; rows, columns and pages are the callers'.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from exports.figures import own_figure
from ingestion.registry import seed

# Fill and text of each fifth. Text on every fill keeps 4.5:1 (WCAG AA). Purple (v) says high or
# low; blue and orange (j) say better or worse and stay apart for every common colour blindness.
FILLS = {
    "v1": ("#eeeaf7", "#1b1b1b"),
    "v2": ("#ddd4ef", "#1b1b1b"),
    "v3": ("#c6b9e3", "#1b1b1b"),
    "v4": ("#a793d3", "#111111"),
    "v5": ("#55358f", "#ffffff"),
    "j1": ("#a84e06", "#ffffff"),
    "j2": ("#fbcb97", "#1b1b1b"),
    "j3": ("#e8e6de", "#1b1b1b"),
    "j4": ("#b5d6ea", "#1b1b1b"),
    "j5": ("#1c5d8c", "#ffffff"),
    "gap": ("#ffffff", "#595959"),
}
GAP = "gap"
_SIDES = {1: ("▼", "lowest fifth"), 5: ("▲", "highest fifth")}


@dataclass(frozen=True)
class Cell:
    """text: the rounded number, or the symbol where there is none, and nothing else.

    fill: a key of FILLS, '' for a value that is not compared. words: what colour and marks say.
    strong: in an outer fifth with strong evidence. note: the number of the authority's comment.
    """

    text: str
    fill: str
    mark: str = ""
    words: str = ""
    strong: bool = False
    joint: bool = False
    proxy: bool = False
    note: int | None = None

    @property
    def css(self) -> str:
        return f"{self.fill} s".strip() if self.strong else self.fill

    @property
    def number(self) -> float | None:
        """The number as printed; None where a symbol stands."""
        return None if self.fill == GAP else float(self.text)


def printed(cells: pd.DataFrame) -> pd.DataFrame:
    """Adds what each cell shows to rows of `mart_tartan_rug`: has_value, meaning, text, fill, …"""
    own = own_figure(cells)
    has_value = own["has_value"]
    meaning = cells["value_status"].map(
        seed("registry/value_statuses").set_index("value_status")["label"]
    )
    band = cells["band"].astype("float").where(has_value)
    direction = cells["polarity"].map({"high": 1, "low": -1}).fillna(0)
    level = (band - 3) * direction.where(direction != 0, 1) + 3
    family = pd.Series(np.where(direction == 0, "v", "j"), cells.index, dtype="str")
    fill = family + level.fillna(0).astype(int).astype(str)

    side = band.map({fifth: words for fifth, (_, words) in _SIDES.items()}).fillna("")
    verdict = level.where((direction != 0) & (side != "")).map({1: ", worse", 5: ", better"})
    strong = (side != "") & (cells["exception_evidence"] == "strong")
    words = side + verdict.fillna("") + strong.map({True: ", strong evidence", False: ""})
    return cells.assign(
        has_value=has_value,
        meaning=meaning,
        text=own["text"],
        fill=fill.where(band.notna(), np.where(has_value, "", GAP)),
        mark=band.map({fifth: mark for fifth, (mark, _) in _SIDES.items()}).fillna(""),
        words=words.where(has_value, meaning),
        strong=strong,
        joint=cells["joint_code"].fillna("") != "",
        proxy=cells["is_proxy"].fillna(False).astype(bool) & has_value,
    )


def cells_of(shown: pd.DataFrame) -> list[Cell]:
    """Each row of `printed` as a cell. A column `note` numbers comments, where there is one."""
    joint, proxy = shown["joint"], shown["proxy"]
    extras = joint.map({True: ", joint figure", False: ""}) + proxy.map(
        {True: ", proxy", False: ""}
    )
    words = shown["words"] + extras
    notes = shown["note"] if "note" in shown else pd.Series(np.nan, shown.index)
    columns = (
        shown["text"],
        shown["fill"],
        shown["mark"],
        words.str.removeprefix(", "),
        shown["strong"],
        joint,
        proxy,
    )
    numbered = [None if pd.isna(note) else int(note) for note in notes]
    shown_cells = zip(*(column.tolist() for column in columns), numbered, strict=True)
    return [Cell(*cell) for cell in shown_cells]


def symbols_of(value_status: pd.Series) -> list[dict]:
    """The symbols that stand for these statuses, with every meaning each has."""
    used = set(value_status) - {"ok"}
    statuses = seed("registry/value_statuses")
    return statuses[statuses["value_status"].isin(used)].to_dict("records")
