"""What is fetched of DfE's statistics and from where, as data.

Types and loads `contracts/published_sources.yml`. It asks nothing of a network; that is
`download.py`. Which columns a file has is the datasets' contracts (`contracts/published/`).
"""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from ingestion.contract import CONTRACTS, load_typed

PACKAGED = CONTRACTS / "published_sources.yml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _web(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("should be an address that begins with https://")
    return address


Address = Annotated[str, AfterValidator(_web)]


class Addresses(_Strict):
    """`catalogue` and `publication` hold a place for what they name; `api` is a base."""

    catalogue: Annotated[Address, Field(pattern=r"\{data_set_file_id\}")]
    publication: Annotated[Address, Field(pattern=r"\{publication\}")]
    api: Address


class Requests(_Strict):
    """How politely to ask, how patiently, and how much to take."""

    seconds_between: float = Field(ge=0)
    timeout_seconds: float = Field(gt=0)
    attempts: int = Field(ge=1, le=20)
    first_wait_seconds: float = Field(ge=0)
    longest_wait_seconds: float = Field(ge=0)
    largest_megabytes: float = Field(gt=0)


class DataSet(_Strict):
    """One file. Either id; a plain file name, which may not hide or leave the folder."""

    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.csv$", max_length=150)
    publication: str = Field(pattern=r"^[a-z0-9-]+$")
    release: str = Field(min_length=1, max_length=40)
    data_set_file_id: UUID | None = None
    api_data_set_id: UUID | None = None
    status: Literal["confirmed", "inferred"]

    @model_validator(mode="after")
    def _one_id(self) -> "DataSet":
        if (self.data_set_file_id is None) == (self.api_data_set_id is None):
            raise ValueError("should have one of data_set_file_id and api_data_set_id")
        return self


class Sources(_Strict):
    addresses: Addresses
    requests: Requests
    data_sets: list[DataSet] = Field(min_length=1)

    @field_validator("data_sets")
    @classmethod
    def _files_once(cls, data_sets: list[DataSet]) -> list[DataSet]:
        names = [data_set.file.lower() for data_set in data_sets]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two data sets would be stored as {', '.join(twice)}")
        return data_sets

    def address(self, data_set: DataSet) -> str:
        """Where the CSV is."""
        if data_set.api_data_set_id is not None:
            return f"{self.summary_address(data_set)}/csv"
        return self.addresses.catalogue.replace(
            "{data_set_file_id}", str(data_set.data_set_file_id)
        )

    def summary_address(self, data_set: DataSet) -> str:
        """Where the API says which version of a data set is the latest."""
        return f"{self.addresses.api.rstrip('/')}/data-sets/{data_set.api_data_set_id}"

    def publication_address(self, data_set: DataSet) -> str:
        """The page where a person finds the ids."""
        return self.addresses.publication.replace("{publication}", data_set.publication)

    def chosen(self, names: Collection[str]) -> list[DataSet]:
        """The data sets of these file names, all if none is named; ValueError for one unknown."""
        known = [data_set.file for data_set in self.data_sets]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ValueError(f"{unknown[0]} is not a data set here; one of: {', '.join(known)}")
        return [data_set for data_set in self.data_sets if not names or data_set.file in names]


def load_sources(path: Path = PACKAGED) -> Sources:
    """Raises ContractError naming file and field when the YAML does not fit."""
    return load_typed(Sources, path)
