"""What dbt's contracts promise of each mart, read from the models' YAML.

Columns with type, presence and accepted values only; expectations are made of them in `suites.py`
and `across.yml`. A mart is here as soon as it has a contract: there is no list of marts to keep.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_MARTS = Path(__file__).parent.parent / "dbt_project" / "models" / "marts"


@dataclass(frozen=True)
class Column:
    """A column of a mart; `accepted` is None where any value may stand."""

    name: str
    data_type: str
    required: bool
    accepted: tuple[Any, ...] | None


@cache
def marts() -> dict[str, tuple[Column, ...]]:
    """The columns of every mart, in the order of the contract."""
    models = {model["name"]: model for _, model in _models()}
    return {
        name: tuple(_column(column) for column in models[name]["columns"])
        for name in sorted(models)
    }


def defined_in(mart: str) -> Path:
    """The YAML in which a mart's contract stands."""
    return next(path for path, model in _models() if model["name"] == mart)


@cache
def _models() -> list[tuple[Path, dict[str, Any]]]:
    return [
        (path, model)
        for path in sorted(_MARTS.rglob("*.yml"))
        # The C loader: half a second less in every process that asks.
        for model in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["models"]
    ]


def _column(column: dict[str, Any]) -> Column:
    constraints = {constraint["type"] for constraint in column.get("constraints", [])}
    accepted = [
        test["accepted_values"]["arguments"]["values"]
        for test in column.get("data_tests", [])
        if isinstance(test, dict) and "accepted_values" in test
    ]
    return Column(
        column["name"],
        column["data_type"],
        "not_null" in constraints,
        tuple(accepted[0]) if accepted else None,
    )
