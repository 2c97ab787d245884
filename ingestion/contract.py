"""Contracts: what a source's files look like, as data.

One YAML file per source (per dataset for published statistics) stands in `contracts/`; this module
types and loads them. It reads no data files, and holds no rule of its own: a row rule stands once,
in YAML, and both `conform.py` and the Great Expectations suites are built from it.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

CONTRACTS = Path(__file__).parent / "contracts"

Severity = Literal["block", "check", "note"]


class ContractError(Exception):
    """A contract file is wrong; the message names the file and the field."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column. `headers[0]` is the header as issued; the others are known aliases.

    `keep` is the privacy treatment on landing: keep, pseudonymise (keyed hash), month (a date
    becomes the first of its month), outward (of a postcode, the part before the space) or drop.
    `since` is the version of the layout that brought the column. `values` are the categories of a
    published filter as DfE writes them; where DfE has written one otherwise too, a list of all, the
    first of which stands for them. `years_months` is DfE's way to write a time: 01:03 is fifteen
    months.
    """

    name: str
    headers: list[str] = Field(min_length=1)
    type: Literal[
        "text",
        "integer",
        "years",
        "number",
        "date",
        "category",
        "years_months",
        "postcode",
        "identifier",
    ] = "text"
    role: Literal["value", "standard", "filter", "indicator", "ignore"] = "value"
    required: bool = False
    codes: str | None = None
    values: list[str | list[str]] = []
    keep: Literal["keep", "pseudonymise", "month", "outward", "drop"] = "keep"
    since: str | None = None


class _Rule(_Strict):
    id: str
    severity: Severity
    message: str
    fix: str
    expected: str | None = None
    why: str | None = None


class NotNull(_Rule):
    """`column` is filled, but for rows where `unless` is."""

    kind: Literal["not_null"]
    column: str
    unless: str | None = None


class Between(_Rule):
    """Inclusive bounds; an open side is left out. Empty cells pass."""

    kind: Literal["between"]
    column: str
    min: float | None = None
    max: float | None = None


class NotBefore(_Rule):
    """`column` is on or after `other`. Rows where either is empty pass.

    With `unborn`, so do rows on a child not born yet, whose age is given as -1 (Annex A guidance);
    an event within a pregnancy of the birth is only noted.
    """

    kind: Literal["not_before"]
    column: str
    other: str
    unborn: bool = False


class NotFuture(_Rule):
    """`column` is not after the day on which the file was extracted. Empty cells pass."""

    kind: Literal["not_future"]
    column: str
    unborn: bool = False


class Unique(_Rule):
    kind: Literal["unique"]
    columns: list[str]


Rule = Annotated[NotNull | Between | NotBefore | NotFuture | Unique, Field(discriminator="kind")]


class FileRule(_Rule):
    """A rule across the rows of one file; which measures it holds for is registry data.

    part_of_whole: a measure is not above the one it is a part of. parts_of_total: the parts of a
    full breakdown add up to its total. zero_unlikely: a zero that no authority of any size has.
    """

    kind: Literal["part_of_whole", "parts_of_total", "zero_unlikely"]


class StandsIn(_Rule):
    """Who stands on one list stands on the `other` too.

    `where` chooses rows: every column named holds one of its values; null is an empty cell.
    """

    kind: Literal["stands_in"]
    table: str
    where: dict[str, list[str | None]]
    other: str


class Same(_Rule):
    """`column` is the same for a child on every list that has it."""

    kind: Literal["same"]
    column: str


ListRule = Annotated[StandsIn | Same, Field(discriminator="kind")]


class Table(_Strict):
    """One table inside a source's files.

    `year_end` (MM-DD) is the last day of a published "reporting year"; other years end by their
    name. A published file belongs to the release of its last period, `release_lag` years on.
    `versions` are the issued layouts of a template, oldest first. `silence` marks a list on which
    any authority has new events every month, so that a month without one needs an explanation.
    """

    name: str
    title: str
    sheets: list[str] = []
    cover: dict[str, str] = {}
    publication: str | None = None
    year_end: str | None = None
    release_lag: int = 0
    columns: list[Column]
    rules: list[Rule] = []
    file_rules: list[FileRule] = []
    versions: list[str] = []
    silence: bool = False

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


class Personal(_Rule):
    """What may be about one person and must not stand in free text, whatever its case.

    `check_digit` is a second proof, where digits alone would take in too much.
    """

    pattern: str
    check_digit: Literal["nhs_number"] | None = None


class Contract(_Strict):
    """A source. `symbols` are what a cell may hold in place of a number, by status; the keys of
    `patterns` are regular expressions for the same.
    """

    source: Literal["return", "annex_a", "chat", "published", "ofsted", "narrative"]
    tables: list[Table]
    list_rules: list[ListRule] = []
    symbols: dict[str, str] = {}
    patterns: dict[str, str] = {}
    personal: list[Personal] = []

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)


_Model = TypeVar("_Model", bound=BaseModel)


class _Shared(_Strict):
    columns: list[Column]
    symbols: dict[str, str]


def _read(path: Path) -> dict:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not readable as YAML: {error}") from error


def _typed(model: type[_Model], data: dict, path: Path) -> _Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ContractError(f"{path}: {where}: {first['msg']}") from error


def load_typed(model: type[_Model], path: Path) -> _Model:
    """Any YAML file that a model describes; ContractError names the file and field."""
    return _typed(model, _read(path), path)


def load_contract(source: str, folder: Path = CONTRACTS) -> Contract:
    """The contract of a source by its name; `published` has DfE's datasets in one.

    Raises ContractError naming the file and field when the YAML does not fit the model.
    """
    if source != "published":
        path = folder / f"{source}.yml"
        return _typed(Contract, _read(path), path)
    shared_path = folder / "published" / "_ees.yml"
    shared = _typed(_Shared, _read(shared_path), shared_path)
    tables: list[Table] = []
    for path in sorted((folder / "published").glob("[!_]*.yml")):
        for table in _typed(Contract, _read(path), path).tables:
            if table.rules:
                raise ContractError(f"{path}: rules: published files have no row rules")
            tables.append(table.model_copy(update={"columns": shared.columns + table.columns}))
    return Contract(source="published", tables=tables, symbols=shared.symbols)


@lru_cache
def contract(source: str) -> Contract:
    """The packaged contract of a source, read once."""
    return load_contract(source)
