"""Registers made up for a test: a copy of the seeds, to be changed."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from ingestion import registry


@dataclass(frozen=True)
class Registers:
    seeds: Path

    def change(self, name: str, where: str, **values: str) -> None:
        """Set columns of the rows that a query finds."""
        frame = registry.seed(name).copy()
        rows = frame.query(where).index
        assert len(rows), (name, where)
        frame.loc[rows, list(values)] = list(values.values())
        self._write(name, frame)

    def drop(self, name: str, where: str) -> None:
        frame = registry.seed(name)
        self._write(name, frame.drop(frame.query(where).index))

    def add(self, name: str, **values: str) -> None:
        frame = registry.seed(name)
        row = pd.DataFrame([dict.fromkeys(frame.columns, "") | values])
        self._write(name, pd.concat([frame, row], ignore_index=True))

    def only(self, recipient: str, product_id: str, **values: str) -> None:
        """One authorisation for a product and no other: in force and confirmed unless said."""
        self.drop("reference/authorisations", f"product_id == '{product_id}'")
        self.authorise(recipient, product_id, **values)

    def authorise(self, recipient: str, product_id: str, **values: str) -> None:
        usual = {
            "authorisation": "a1",
            "basis": "lciib",
            "reference": "LCIIB 12/2025",
            "valid_from": "2022-06-01",
            "status": "confirmed",
            "source": "made up",
        }
        self.add(
            "reference/authorisations",
            **(usual | {"recipient": recipient, "product_id": product_id} | values),
        )

    def opt_out(self, la_code: str, activity: str, last_day: str) -> None:
        self.change(
            "reference/participation",
            f"new_la_code == '{la_code}' and activity == '{activity}'",
            valid_to=last_day,
        )

    def _write(self, name: str, frame: pd.DataFrame) -> None:
        frame.to_csv(self.seeds / f"{name}.csv", index=False)
        registry.seed.cache_clear()


@pytest.fixture(name="registers")
def made_up_registers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registers]:
    seeds = tmp_path / "seeds"
    shutil.copytree(registry.seeds_folder(), seeds)
    monkeypatch.setattr(registry, "seeds_folder", lambda: seeds)
    registry.seed.cache_clear()
    yield Registers(seeds)
    registry.seed.cache_clear()
