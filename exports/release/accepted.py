"""Failures that were accepted when the marts were published, as whoever gets a product is told.

Read beside the marts, where publication put them; whether a failure is accepted is decided by the
gates before.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAME = "waivers.json"
_TOLD = ("waiver_id", "rule_id", "new_la_code", "quarter_label", "reason", "valid_to", "reference")


def accepted(marts: Path) -> list[dict[str, Any]]:
    """One entry for each waiver under which these marts were published."""
    path = marts / NAME
    if not path.is_file():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    return [{key: told[key] for key in _TOLD if told[key]} for told in found]


def words(told: Mapping[str, Any]) -> str:
    """What is said of one of them behind the name of its rule."""
    return (
        f"does not hold; accepted until {told['valid_to']} because "
        f"{told['reason'].rstrip('.')} ({told['waiver_id']}, {told['reference']})."
    )


def lines(marts: Path) -> list[tuple[str, str]]:
    """Each as a page says it: the rule, and the words behind it."""
    return [(str(told["rule_id"]), words(told)) for told in accepted(marts)]
