"""What a dbt test checks, in words: dbt names its tests and describes none of them.

From a test's arguments alone; what came of it is dbt's to say.
"""

import re
from collections.abc import Mapping
from typing import Any

# A test of the project's own says more in the head of its file, in dbt_project/tests/generic.
_WORDS = {
    "not_null": "`{column_name}` is never empty.",
    "unique": "No two rows have the same `{column_name}`.",
    "unique_together": "No two rows have the same {columns}: the table's grain.",
    "accepted_values": "`{column_name}` is one of: {values}.",
    "relationships": "Every `{column_name}` is a `{field}` of {to}.",
    "holds": "Every row meets: `{condition}`.",
    "value_and_status_agree": "`{value_column}` is a number where `{status_column}` is ok, and "
    "empty where it is not: empty is not zero.",
    "no_overlap": "No two rows of {subject} are in force on the same day.",
    "as_many_rows_as": "It has as many rows as {parts} together: none lost, none doubled.",
    "one_true_per": "Exactly one row for each {columns} has `{flag}`.",
    "distinct_per": "For each {columns} there are as many different `{counted}` as {of} has rows "
    "with {condition}: nobody is missing.",
}
_REF = re.compile(r"\{\{\s*|\s*\}\}|ref\('(\w+)'\)|source\('\w+',\s*'(\w+)'\)")


def test_in_words(node: Mapping[str, Any]) -> str:
    """A sentence about the test of a manifest's node; its own description where it has one."""
    described = node.get("description") or node.get("meta", {}).get("description")
    if described:
        return str(described)
    test = node.get("test_metadata") or {}
    words = _WORDS.get(str(test.get("name")))
    if words is None:
        return f"dbt test {node['name']}, in {node['original_file_path']}."
    return words.format_map({name: _told(value) for name, value in test["kwargs"].items()})


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    return _REF.sub(lambda found: found[1] or found[2] or "", str(value))
