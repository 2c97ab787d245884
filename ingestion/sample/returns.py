"""The ways in which a return departs from its template.

Belongs here: what people do to a workbook. Does not belong here: the template itself
(`ingestion/template.py`), which authority sends what and when, and where figures come from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingestion.contract import contract
from ingestion.template import Row


@dataclass(frozen=True)
class Oddities:
    """How one workbook departs from the template; each mapping is by measure code.

    `headers` is by the contract's column name, `cover` by its cover names. `values` replaces what
    is typed, `factors` multiplies it, `as_text` types it as text with a thousands separator.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    cover: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str | None] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    as_text: frozenset[str] = frozenset()
    rows_above_header: int = 0
    footnote: str = ""

    def typed(self, values: Mapping[str, float]) -> dict[str, float | str]:
        """What stands in the cells, by measure code."""
        typed = {code: self._typed(code, value) for code, value in values.items()}
        cells = {**typed, **self.values}
        return {code: cell for code, cell in cells.items() if cell is not None}

    def _typed(self, code: str, value: float) -> float | str:
        if code in self.factors:
            value = round(value * self.factors[code])
        return f"{value:,.0f}" if code in self.as_text else value

    def applied(self, lines: Sequence[Row]) -> list[Row]:
        """The template's rows as this workbook has them."""
        table = contract("return").table("return_values")
        headers = {table.column(name).headers[0]: odd for name, odd in self.headers.items()}
        changed = []
        for line in lines:
            if line.kind == "header":
                changed += [Row("empty")] * self.rows_above_header
                line = _with_cells(line, headers)
                above = line.cells
            elif line.kind == "cover" and line.name in self.cover:
                line = replace(line, cells=(line.cells[0], self.cover[line.name]))
            elif line.kind == "measure":
                label = str(line.cells[above.index(table.column("measure_label").headers[0])])
                odd = {label: self.labels.get(line.name, label)}
                line = _with_cells(line, {line.name: self.codes.get(line.name, line.name)} | odd)
            changed.append(line)
        if self.footnote:
            changed += [Row("empty"), Row("note", (self.footnote,))]
        return changed


def _with_cells(line: Row, other: Mapping[str, str]) -> Row:
    cells = tuple(other.get(c, c) if isinstance(c, str) else c for c in line.cells)
    return replace(line, cells=cells)


CLEAN = Oddities()
