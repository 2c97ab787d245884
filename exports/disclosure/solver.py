"""Which values whole numbers can still have, given what is known of their sums. Numbers only.

`low <= matrix @ x <= high`, x whole and not negative. Bounds are tightened, what is then known is
taken out, what is left falls apart into components, and each is asked of HiGHS as a mixed-integer
programme. Nothing here knows of figures; the only randomness has a fixed seed.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csr_array, eye_array, vstack
from scipy.sparse.csgraph import connected_components

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
# HiGHS gets no infinite bound; what reaches this is unbounded for all that matters.
FAR = 1e6
_EPS = 1e-6
# Objectives over all open questions of a component at once, before each is asked alone.
_SWEEPS = 8
# A sweep need not find the best, only something else.
_LOOSE = 0.2
# So many nodes are spent on a solution near by, before the ends are asked.
_NODES = 20
_OPTIMAL, _INFEASIBLE = 0, 2


class ContradictionError(ValueError):
    """No whole numbers satisfy what is known."""


@dataclass
class Question:
    """What one row of the problem can be, and how far that is settled.

    No value outside `lower` to `upper` is possible; those in `seen` are. `is_exact`: both ends are
    possible. `possible` counts values; it is all there are where it stays below what was asked.
    """

    row: int
    lower: float = -np.inf
    upper: float = np.inf
    seen: set[float] = field(default_factory=set)
    is_exact: bool = False

    @property
    def possible(self) -> int:
        """How many values were shown to be possible."""
        return len(self.seen)

    def is_settled(self, enough: int, exact: bool) -> bool:
        """Whether no more needs to be asked; where all values are shown, none is left."""
        shown = self.possible >= enough or self.possible == self.upper - self.lower + 1
        return shown and (self.is_exact or not exact)


@dataclass(frozen=True)
class Problem:
    """`low <= matrix @ x <= high`, `lower <= x <= upper`, x whole.

    `doubtful` rows are expectations about the data: a component that contradicts them goes without.
    """

    matrix: csr_array
    low: Numbers
    high: Numbers
    lower: Numbers
    upper: Numbers
    doubtful: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        matrix: csr_array,
        low: Numbers,
        high: Numbers,
        doubtful: NDArray[np.bool_] | None = None,
    ) -> Self:
        """A problem about numbers of which nothing is known but that they are not negative."""
        size = matrix.shape[1]
        none = np.zeros(len(low), bool)
        upper = np.full(size, np.inf)
        return cls(matrix, low, high, np.zeros(size), upper, none if doubtful is None else doubtful)

    def settle(
        self, questions: list[Question], enough: int, exact: bool = False, prove: bool = True
    ) -> Numbers:
        """Answers the questions, one to a row, and returns one whole solution of everything.

        A question is answered once `enough` values are shown to be possible, or fewer are all
        there are; with `exact` its ends are found too. Without `prove` it stays open where values
        are not found soon: `possible` is then too low. Raises ContradictionError.
        """
        known = self._trusted().tightened()
        known = replace(self, lower=known.lower, upper=known.upper)._without_broken()
        solution = known.lower.copy()
        by_row = {question.row: question for question in questions}
        asked_rows = np.fromiter(by_row, np.int64, len(by_row))
        fixed = known.matrix @ np.where(known.lower == known.upper, known.lower, 0.0)
        for rows, unknowns in known.components(asked_rows):
            part = known.part(rows, unknowns, fixed[rows])
            local = [(at, by_row[row]) for at, row in enumerate(rows.tolist()) if row in by_row]

            answers = [Question(at) for at, _ in local]
            try:
                solution[unknowns] = part._answer(answers, enough, exact, prove)
            except ContradictionError:
                answers = [Question(at) for at, _ in local]
                solution[unknowns] = part._trusted()._answer(answers, enough, exact, prove)
            for (_, question), answer in zip(local, answers, strict=True):
                shift = fixed[question.row]
                question.lower, question.upper = answer.lower + shift, answer.upper + shift
                question.seen = {value + shift for value in answer.seen}
                question.is_exact = answer.is_exact
        for question in questions:
            if not question.seen:  # nothing of it is open
                question.lower = question.upper = float(fixed[question.row])
                question.seen, question.is_exact = {question.lower}, True
        return solution

    def solve(self, objective: Numbers, gap: float = 0.0) -> Numbers:
        """The whole x with the smallest `objective @ x`; raises ContradictionError for none."""
        found = milp(
            objective,
            constraints=LinearConstraint(self.matrix, self.low, self.high),
            bounds=Bounds(self.lower, np.minimum(self.upper, FAR)),
            integrality=np.ones(len(objective)),
            options={"mip_rel_gap": gap},
        )
        if found.status == _INFEASIBLE:
            raise ContradictionError("what is known about these figures contradicts itself")
        if found.status != _OPTIMAL:
            raise RuntimeError(f"HiGHS stopped: {found.message}")
        return np.round(found.x)

    def _answer(self, questions: list[Question], enough: int, exact: bool, prove: bool) -> Numbers:
        """Settles the questions (rows of this part) and returns a solution."""
        tight = self.tightened()
        rows = self.matrix[[question.row for question in questions]]
        for question in questions:
            question.lower, question.upper = tight._reach(question.row)
        core = tight._without_idle()

        def look(solution: Numbers) -> None:
            for question, value in zip(questions, (rows @ solution).round().tolist(), strict=True):
                question.seen.add(value)
                question.is_exact = {question.lower, question.upper} <= question.seen

        solution = core.solve(np.zeros(rows.shape[1]))
        look(solution)
        signs = np.random.default_rng(0)
        for sweep in range(_SWEEPS):
            left = [n for n, q in enumerate(questions) if not q.is_settled(enough, exact)]
            if not left:
                break
            sign = signs.choice([-1.0, 1.0], len(left)) if sweep > 1 else 1.0 - 2.0 * sweep
            look(core.solve(-(sign * np.ones(len(left))) @ rows[left], _LOOSE))
        for question, row in zip(questions, rows.toarray(), strict=True):
            core._look_near(question, row, solution, enough, look)
            if prove:
                core._ask(question, row, enough, exact, look)
        return solution

    def _look_near(
        self,
        question: Question,
        row: Numbers,
        solution: Numbers,
        enough: int,
        look: Callable[[Numbers], None],
    ) -> None:
        """Solutions near one that is known, with the values next to its own."""
        for step in [step for n in range(1, enough) for step in (n, -n)]:
            if question.is_settled(enough, exact=False):
                return
            value = float(np.round(row @ solution)) + step
            if question.lower <= value <= question.upper and value not in question.seen:
                near = self._nearest(solution, row, value)
                if near is not None:
                    look(near)

    def _ask(
        self,
        question: Question,
        row: Numbers,
        enough: int,
        exact: bool,
        look: Callable[[Numbers], None],
    ) -> None:
        """One question alone: both ends, then the values between them that nothing has shown."""
        for sign in (1.0, -1.0):
            if question.is_settled(enough, exact):
                return
            end = self.solve(-sign * row)
            value = float(np.round(row @ end))
            if sign > 0:
                question.upper = np.inf if value >= FAR else value
            else:
                question.lower = value
            look(end)
        untried = np.arange(question.lower + 1, min(question.upper, question.lower + 2 * enough))
        for value in untried.tolist():
            if question.possible >= enough:
                return
            if value not in question.seen:
                with suppress(ContradictionError):
                    look(self._where(row, value).solve(np.zeros(len(row))))

    def _nearest(self, solution: Numbers, row: Numbers, value: float) -> Numbers | None:
        """A solution near another in which a sum has this value, if one is found soon."""
        size = len(solution)
        one = eye_array(size, format="csr")
        found = milp(
            np.concatenate([np.zeros(size), np.ones(size)]),
            constraints=[
                LinearConstraint(
                    block_array([[self.matrix, csr_array((len(self.low), size))]]),
                    self.low,
                    self.high,
                ),
                LinearConstraint(block_array([[one, one]]), solution, np.inf),
                LinearConstraint(block_array([[one, -one]]), -np.inf, solution),
                LinearConstraint(np.concatenate([row, np.zeros(size)]), value, value),
            ],
            bounds=Bounds(
                np.concatenate([self.lower, np.zeros(size)]),
                np.concatenate([np.minimum(self.upper, FAR), np.full(size, FAR)]),
            ),
            integrality=np.repeat([1, 0], size),
            options={"node_limit": _NODES, "mip_rel_gap": 1.0},
        )
        return None if found.x is None else np.round(found.x[:size])

    def _where(self, row: Numbers, value: float) -> "Problem":
        """The same, with one sum known."""
        return replace(
            self,
            matrix=csr_array(vstack([self.matrix, csr_array(row[None, :])])),
            low=np.append(self.low, value),
            high=np.append(self.high, value),
            doubtful=np.append(self.doubtful, False),
        )

    def _without_idle(self) -> "Problem":
        """Without rows that say no more than the bounds of their unknowns or another row do."""
        low, high = self._activity()
        busy = np.flatnonzero((low < self.low - _EPS) | (high > self.high + _EPS))
        matrix = self.matrix[busy]
        _, first, which = np.unique(
            matrix.toarray(), axis=0, return_index=True, return_inverse=True
        )
        least, most = np.full(len(first), -np.inf), np.full(len(first), np.inf)
        np.maximum.at(least, which, self.low[busy])
        np.minimum.at(most, which, self.high[busy])
        return replace(
            self, matrix=matrix[first], low=least, high=most, doubtful=self.doubtful[busy][first]
        )

    def _trusted(self) -> "Problem":
        """Without the doubtful rows."""
        low, high = np.where(self.doubtful, -np.inf, self.low), self.high
        return replace(self, low=low, high=np.where(self.doubtful, np.inf, high))

    def _without_broken(self) -> "Problem":
        """Without the doubtful rows that the bounds alone contradict."""
        low, high = self._activity()
        broken = self.doubtful & ((low > self.high + _EPS) | (high < self.low - _EPS))
        return replace(
            self,
            low=np.where(broken, -np.inf, self.low),
            high=np.where(broken, np.inf, self.high),
        )

    def _activity(self) -> tuple[Numbers, Numbers]:
        """The least and most each row can be by the bounds of its unknowns."""
        up, down = self.matrix.maximum(0), self.matrix.minimum(0)
        top = np.minimum(self.upper, 1e15)  # infinity times zero is no number
        low = up @ self.lower + down @ top
        high = up @ top + down @ self.lower
        return np.where(low < -1e12, -np.inf, low), np.where(high > 1e12, np.inf, high)

    def _reach(self, row: int) -> tuple[float, float]:
        one = replace(self, matrix=self.matrix[[row]], low=self.low[[row]], high=self.high[[row]])
        low, high = one._activity()
        return max(float(low[0]), one.low[0]), min(float(high[0]), one.high[0])

    def tightened(self) -> "Problem":
        """Bounds as far as rows say by themselves; raises ContradictionError where they cross."""
        entries = self.matrix.tocoo()
        row, column, factor = entries.row, entries.col, entries.data
        lower, upper = self.lower.copy(), self.upper.copy()
        for _ in range(30):
            at_least = np.where(factor > 0, factor * lower[column], factor * upper[column])
            at_most = np.where(factor > 0, factor * upper[column], factor * lower[column])
            rest_low = self._rest(row, at_least, -np.inf)
            rest_high = self._rest(row, at_most, np.inf)
            with np.errstate(invalid="ignore"):
                one = (self.high[row] - rest_low) / factor
                other = (self.low[row] - rest_high) / factor
            most = np.floor(np.where(factor > 0, one, other) + _EPS)
            least = np.ceil(np.where(factor > 0, other, one) - _EPS)
            new_lower, new_upper = lower.copy(), upper.copy()
            np.maximum.at(new_lower, column, np.nan_to_num(least, nan=-np.inf))
            np.minimum.at(new_upper, column, np.nan_to_num(most, nan=np.inf, posinf=np.inf))
            if (new_lower > new_upper).any():
                raise ContradictionError("what is known about these figures contradicts itself")
            if np.array_equal(new_lower, lower) and np.array_equal(new_upper, upper):
                break
            lower, upper = new_lower, new_upper
        tight = replace(self, lower=lower, upper=upper)
        low, high = tight._activity()
        if ((low > self.high + _EPS) | (high < self.low - _EPS)).any():
            raise ContradictionError("what is known about these figures contradicts itself")
        return tight

    def _rest(self, row: Places, parts: Numbers, endless: float) -> Numbers:
        """Per entry, the sum of the other entries of its row; `endless` where one of them is."""
        size = self.matrix.shape[0]
        is_endless = np.isinf(parts)
        finite = np.where(is_endless, 0.0, parts)
        others = np.bincount(row, is_endless, size)[row] - is_endless
        return np.where(others > 0, endless, np.bincount(row, finite, size)[row] - finite)

    def components(self, asked: Places) -> Iterator[tuple[Places, Places]]:
        """Rows and unknowns that hang together, of the unknowns that are not known yet."""
        free = self.lower != self.upper
        says = np.isfinite(self.low) | np.isfinite(self.high)
        says[asked] = True
        size, width = self.matrix.shape
        entries = self.matrix.tocoo()
        use = free[entries.col] & says[entries.row]
        links = csr_array(
            (np.ones(use.sum()), (entries.row[use], entries.col[use])), shape=(size, width)
        )
        graph = block_array([[None, links], [links.T, None]], format="csr")
        _, label = connected_components(graph, directed=False)
        of_row, of_unknown = label[:size], label[size:]
        used = np.flatnonzero(np.diff(links.indptr))
        rows = used[np.argsort(of_row[used], kind="stable")]
        unknowns = np.flatnonzero(free)[np.argsort(of_unknown[free], kind="stable")]
        for name in np.unique(of_unknown[free]):
            at_row = np.searchsorted(of_row[rows], [name, name + 1])
            at_unknown = np.searchsorted(of_unknown[unknowns], [name, name + 1])
            yield rows[slice(*at_row)], unknowns[slice(*at_unknown)]

    def around(self, solution: Numbers) -> "Problem":
        """The same of moves away from a solution, without the doubtful rows it contradicts."""
        at = self.matrix @ solution
        broken = self.doubtful & ((at > self.high + _EPS) | (at < self.low - _EPS))
        moves = replace(
            self,
            low=np.where(broken, -np.inf, self.low - at),
            high=np.where(broken, np.inf, self.high - at),
            lower=self.lower - solution,
            upper=self.upper - solution,
        )
        return moves.tightened()

    def part(self, rows: Places, unknowns: Places, fixed: Numbers | float = 0.0) -> "Problem":
        """The problem of some unknowns, `fixed` being what the known ones add to its rows."""
        return Problem(
            self.matrix[rows][:, unknowns],
            self.low[rows] - fixed,
            self.high[rows] - fixed,
            self.lower[unknowns],
            self.upper[unknowns],
            self.doubtful[rows],
        )
