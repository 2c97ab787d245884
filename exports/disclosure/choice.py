"""Which further rows to hide so that a count keeps values enough: one linear programme per count.

The sequential heuristic of the field. A count is moved by as much as it must be able to; what is
printed and would have to move with it must not be printed. The programme finds the move that loses
least, and what one count has had hidden costs the next nothing. It works in fractions and does not
look at printed percentages: the attacker has the last word (`secondary.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csr_array, eye_array, vstack

from exports.disclosure.solver import Numbers, Places, Problem

_EPS = 1e-6
# What moves for nothing moves no further than it must.
_LITTLE = 1e-3


def rows_to_hide(
    firm: Problem,
    forms: csr_array,
    anchor: Numbers,
    prints: pd.DataFrame,
    targets: Places,
    move: int,
) -> set[int]:
    """Rows whose hiding lets each target (a row of `forms`) move by `move`, at the least loss.

    firm: what holds whatever is hidden. anchor: one solution of all that is known. prints: form,
    row and loss of all that can still be hidden. A target that nothing can move is passed over.
    """
    chosen: set[int] = set()
    for family in _families(firm, forms, anchor, prints, targets):
        left = dict.fromkeys(family.targets)
        while left:
            target = next(iter(left))
            chosen |= family.cheapest(target, move, chosen, left)
            left.pop(target, None)
    return chosen


@dataclass(frozen=True)
class _Family:
    """Unknowns that hang together, and the moves they can make."""

    forms: csr_array
    targets: list[int]
    held: Problem  # what their moves have to keep
    prints: pd.DataFrame

    def cheapest(self, target: int, move: int, chosen: set[int], left: dict[int, None]) -> set[int]:
        """The rows to hide besides `chosen`; whatever else moves as far is struck out of `left`."""
        # Up, down, or where neither goes so far a part of it each way.
        for up in (move, 0, *range(1, move)):
            rows: set[int] = set()
            for low, high in ((up, np.inf), (-np.inf, up - move)):
                if 0 in (low, high):
                    continue
                moved = self._moved(target, low, high, chosen | rows)
                if moved is None:
                    break
                far = abs(self.forms @ moved)
                rows |= set(self.prints.loc[far[self.prints["form"]] > _EPS, "row"])
                for other in [one for one in left if far[one] > move - _EPS]:
                    del left[other]
            else:
                return rows
        return set()

    def _moved(self, target: int, low: float, high: float, chosen: set[int]) -> Numbers | None:
        """The moves that lose least if the target moves by `low` to `high`; None if it cannot."""
        shown, which = np.unique(self.prints["form"], return_inverse=True)
        size, width = len(shown), self.forms.shape[1]
        seen, far = self.forms[shown], eye_array(size, format="csr")
        loss = self.prints["loss"].mask(self.prints["row"].isin(chosen), 0.0)
        found = milp(
            np.concatenate([np.zeros(width), _LITTLE + np.bincount(which, loss, size)]),
            bounds=Bounds(
                np.concatenate([self.held.lower, np.zeros(size)]),
                np.concatenate([self.held.upper, np.full(size, np.inf)]),
            ),
            constraints=[
                LinearConstraint(
                    block_array([[self.held.matrix, None], [seen, far], [-seen, far]]),
                    np.concatenate([self.held.low, np.zeros(2 * size)]),
                    np.concatenate([self.held.high, np.full(2 * size, np.inf)]),
                ),
                LinearConstraint(
                    np.concatenate([self.forms[[target]].toarray()[0], np.zeros(size)]), low, high
                ),
            ],
        )
        return None if found.x is None else found.x[:width]


def _families(
    firm: Problem, forms: csr_array, anchor: Numbers, prints: pd.DataFrame, targets: Places
) -> Iterator[_Family]:
    """The families of the targets: by what is firm, and by what is printed of them."""
    moves, first = firm.around(anchor), firm.matrix.shape[0]
    free = np.full(forms.shape[0], np.inf)
    every = replace(
        moves,
        matrix=csr_array(vstack([moves.matrix, forms])),
        low=np.concatenate([moves.low, -free]),
        high=np.concatenate([moves.high, free]),
        doubtful=np.concatenate([moves.doubtful, np.zeros(len(free), bool)]),
    )
    for rows, unknowns in every.components(first + np.union1d(prints["form"], targets)):
        wanted = np.intersect1d(targets, rows - first).tolist()
        if wanted:
            held = every.part(rows[rows < first], unknowns)
            here = prints[prints["form"].isin(rows - first)]
            yield _Family(csr_array(forms[:, unknowns]), wanted, held, here)
