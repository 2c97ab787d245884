"""DfE's lists: which places, ethnic groups, names of columns and items there are.

DfE's own files in a folder that the caller names come first; else what the contract carries. Of the
data dictionary and the wards nothing is carried. Nothing here looks for a folder by itself.
"""

from functools import lru_cache
from pathlib import Path

import pandas as pd

from ingestion.registry import seed
from ingestion.screening.standard import FOLDER, Level, standard

DICTIONARY = "data-dictionary"


class ListError(Exception):
    """A list of DfE's cannot be used; the message names the file and what it lacks."""


class Lists:
    """DfE's lists, each read when a check first asks for it; None where there is no such list."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._read: dict[str, pd.DataFrame] = {}

    def places(self, level: Level) -> pd.DataFrame | None:
        """The places of a level, under the names of its columns."""
        found = self._file(level.list, level.columns) if level.list else None
        if found is None:
            carried = _carried_places()
            carried = carried[carried["level"] == level.name]
            names = {"code": level.code, "name": level.title, "second_code": level.second_code}
            found = carried.rename(columns={old: new for old, new in names.items() if new})
        return None if found.empty else found[list(level.columns)].drop_duplicates()

    def ethnic_groups(self) -> pd.DataFrame:
        """Pairs that may stand together: columns ethnicity_major, ethnicity_minor."""
        columns = ("ethnicity_major", "ethnicity_minor")
        found = self._file("ethnicity", columns)
        return _carried_ethnic_groups() if found is None else found[list(columns)]

    def harmonised_names(self) -> dict[str, list[str]]:
        """The names that DfE gives to a column with a certain word in its name."""
        columns = ("col_name_search_string", "col_name_harmonised")
        found = self._file("harmonised_col_names", columns)
        if found is None:
            return {word: list(names) for word, names in standard().harmonised_names.items()}
        words = found.groupby(columns[0], sort=False)[columns[1]]
        return {str(word): names.tolist() for word, names in words}

    def dictionary(self) -> pd.DataFrame | None:
        """DfE's data dictionary: columns col_name, col_type, filter_item."""
        return self._file(DICTIONARY, ("col_name", "col_type", "filter_item"))

    def _file(self, name: str, columns: tuple[str, ...]) -> pd.DataFrame | None:
        path = self._folder / f"{name}.csv" if self._folder else None
        if path is None or not path.is_file():
            return None
        if name in self._read:
            return self._read[name]
        try:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            raise ListError(f"{path} cannot be read as a list ({type(error).__name__})") from error
        lacking = [column for column in columns if column not in frame]
        if lacking:
            raise ListError(f"{path} has no column {', '.join(lacking)}, which DfE's list has")
        return self._read.setdefault(name, frame.apply(lambda column: column.str.strip()))


@lru_cache
def _carried_places() -> pd.DataFrame:
    """The list that the contract carries; authorities that the registry has stand there alone."""
    places = pd.read_csv(FOLDER / "places.csv", dtype=str, keep_default_na=False)
    authorities = seed("reference/local_authorities").rename(
        columns={"new_la_code": "code", "la_name": "name", "old_la_code": "second_code"}
    )
    authorities = authorities.assign(level="Local authority")[places.columns]
    return pd.concat([places, authorities], ignore_index=True)


@lru_cache
def _carried_ethnic_groups() -> pd.DataFrame:
    pairs = [
        (major, minor)
        for major, minors in standard().ethnic_groups.items()
        for minor in (standard().total, *minors)
    ]
    pairs += [(major.replace(" / ", "/"), minor.replace(" / ", "/")) for major, minor in pairs]
    return pd.DataFrame(pairs, columns=["ethnicity_major", "ethnicity_minor"]).drop_duplicates()
