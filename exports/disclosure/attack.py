"""The attacker: what can be worked out of hidden figures from all that one recipient was given.

It knows the populations, the registry, the rule, and all that is printed: rounded numbers and rates
are intervals. It is not told which of the hidden counts are the small ones. A publication that it
gets the better of must not leave.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from exports.disclosure.cells import KEY, with_defaults
from exports.disclosure.relations import Relations
from exports.disclosure.solver import Numbers, Places, Question
from exports.disclosure.system import System, is_hidden

COLUMNS = ["publication", *KEY, "lower", "upper", "possible", "is_exact", "is_disclosed"]


def attack(
    publications: Sequence[pd.DataFrame],
    relations: Relations,
    protection: int = 3,
    threshold: int = 5,
    exact: bool = False,
) -> pd.DataFrame:
    """The hidden counts of all `publications` (frames of cells), each with what it can be.

    One row per hidden cell that may be small: with `publication` (its place in the sequence) and
    its key, `lower`, `upper`, how many values were shown to be `possible`, and whether it
    `is_disclosed`: fewer than `protection` values are possible, and a small one among them. Role
    `value` stands for denominator less numerator. Where it is not disclosed, the search stops
    early: the range may be wider than the truth and `possible` lower, unless `exact`
    (`is_exact` says which).
    """
    cells = stacked(publications)
    if cells.empty or not is_hidden(cells).any():
        return pd.DataFrame(columns=COLUMNS)
    system = System.of(cells, relations)
    return attack_system(system, system.cells, protection, threshold, exact=exact)[0][[*COLUMNS]]


def stacked(publications: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All publications in one frame, `publication` telling them apart."""
    frames = [with_defaults(f).assign(publication=n) for n, f in enumerate(publications)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=KEY)


def attack_system(
    system: System,
    cells: pd.DataFrame,
    protection: int,
    threshold: int,
    only: Places | None = None,
    exact: bool = False,
    prove: bool = True,
) -> tuple[pd.DataFrame, Numbers]:
    """`attack` on a system that stands, and one solution that fits all that is known.

    `only` leaves out all other targets (rows of `system.forms`). Without `prove` a target counts as
    disclosed until enough values were found soon.
    """
    hidden = cells[is_hidden(cells)]
    left = system.rows["left"].to_numpy()[hidden["row"]]
    target = np.where(hidden["role"] == "value", left, hidden["form"])
    # The cells say which hidden counts are small; those read from a file do not, so all are asked.
    says_so = hidden["is_small"].groupby(hidden["publication"]).transform("any")
    asked = (target >= 0) & (hidden["is_small"] | ~says_so).to_numpy()
    if only is not None:
        asked &= np.isin(target, only)
    hidden, target = hidden[asked], target[asked]
    forms, which = np.unique(target, return_inverse=True)
    questions = [Question(int(form)) for form in forms]
    solution = system.problem(cells).settle(questions, protection, exact, prove)
    table = pd.DataFrame([_line(answer) for answer in questions], columns=COLUMNS[-5:-1])
    found = hidden.assign(target=target).reset_index(names="cell")
    found = found.join(table.iloc[which].reset_index(drop=True))
    reaches_small = (found["lower"] <= threshold) & (found["upper"] >= 1)
    found["is_disclosed"] = (found["possible"] < protection) & reaches_small
    return found[[*COLUMNS, "target", "cell"]], solution


def _line(answer: Question) -> tuple[float, float, int, bool]:
    return answer.lower, answer.upper, answer.possible, answer.is_exact
