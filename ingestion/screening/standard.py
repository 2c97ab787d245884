"""DfE's open data standard as data: types and loads `contracts/screening/standard.yml`.

Facts only; what is asked of a file with them stands in `checks/`.
"""

from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ingestion.contract import CONTRACTS, load_typed

FOLDER = CONTRACTS / "screening"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(_Strict):
    """A geographic level: the columns that name a place of it, and DfE's list of its places."""

    name: str
    title: str
    code: str | None = None
    second_code: str | None = None
    list: str | None = None
    required: bool = True
    leaves_blank: Literal["all"] | tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(column for column in (self.code, self.second_code) if column)

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.codes, self.title)


class TimeIdentifiers(_Strict):
    """Identifiers that may stand in one file, and the digits of their time_period."""

    digits: Literal[4, 6]
    names: tuple[str, ...]


class Limits(_Strict):
    column_name: int
    label: int
    filter_item: int
    location_code: int


class UnknownPlace(_Strict):
    code: str
    name: str


class NoCodeApplies(_Strict):
    code: str
    names: tuple[str, ...]


class Standard(_Strict):
    mandatory_columns: tuple[str, ...]
    meta_columns: tuple[str, ...]
    optional_meta_columns: tuple[str, ...]
    units: tuple[str, ...]
    total: str
    symbols: tuple[str, ...]
    obsolete_symbols: dict[str, str]
    no_data_words: tuple[str, ...]
    limits: Limits
    time_identifiers: tuple[TimeIdentifiers, ...]
    levels: tuple[Level, ...]
    unknown_place: UnknownPlace
    no_code_applies: NoCodeApplies
    characteristic_columns: dict[str, str]
    harmonised_names: dict[str, tuple[str, ...]]
    ethnic_groups: dict[str, tuple[str, ...]]

    def level(self, name: str) -> Level:
        return next(level for level in self.levels if level.name == name)

    @property
    def place_columns(self) -> tuple[str, ...]:
        return tuple(column for level in self.levels for column in level.columns)

    @property
    def own_columns(self) -> tuple[str, ...]:
        """Columns of time and geography, which the meta file does not describe."""
        return tuple(dict.fromkeys((*self.mandatory_columns, *self.place_columns)))


@lru_cache
def standard() -> Standard:
    return load_typed(Standard, FOLDER / "standard.yml")
