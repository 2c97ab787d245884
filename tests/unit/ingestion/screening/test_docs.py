"""The table of checks in docs/screening.md is the registry, in its words and order."""

from ingestion.screening.registry import CHECKS
from tests.conftest import PROJECT


def test_the_table_of_checks_is_the_registry() -> None:
    expected = [
        f"| `{check.name}` | {check.asks} | {check.at_worst} "
        f"| {', '.join(f'`{name}`' for name in check.needs)} |"
        for check in CHECKS
    ]
    text = (PROJECT / "docs" / "screening.md").read_text(encoding="utf-8")
    table = text.partition("## Checks\n")[2].partition("\n## ")[0]
    assert [line for line in table.splitlines() if line.startswith("| `")] == expected
