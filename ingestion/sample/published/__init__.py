"""Invented statistics in the layouts of DfE's published files, some of them in two vintages.

One module for each publication says which files it has and how their counts come from the synthetic
quarters; `tables.py` has what they share. Belongs here: how DfE counts, rounds, hides and lays out.
Does not belong here: levels (`figures.py`), headers and categories (the contracts), or any row of a
real publication. One figure is real: the population estimates (`population.py`).
"""

from pathlib import Path

from ingestion.periods import Quarter
from ingestion.sample.figures import Figures
from ingestion.sample.published import (
    children_in_need,
    children_looked_after,
    ehc,
    population,
    workforce,
)

LAST_NEEDED = Quarter(2025, 2)  # the quarter that ends the last workforce year


def write_published(root: Path, figures: Figures, seed: int) -> list[Path]:
    """Every file, with its sidecar, under `root`."""
    root.mkdir(parents=True, exist_ok=True)
    return [
        publication.write(root)
        for module in (children_in_need, children_looked_after, ehc, population, workforce)
        for publication in module.publications(figures, seed)
    ]
