"""Real releases of one dataset compared: what is known to have changed is named."""

from pathlib import Path

import pandas as pd
import pytest

from ingestion.contract import Table, contract
from ingestion.drift import compare
from ingestion.findings import Finding
from ingestion.registry import published_places
from tests.unit.ingestion.releases import release

pytestmark = pytest.mark.conformance

C1 = contract("published").table("cin_referrals")
RENAMED = {
    "Referrals": "referral_count",
    "Re_referrals": "rereferral_count",
    "Re_referrals_percent": "rereferral_percent",
    "No_Further_Action": "no_further_action_count",
    "No_Further_Action_percent": "no_further_action_percent",
    "Not_in_Need": "not_in_need_count",
    "Not_in_Need_percent": "not_in_need_percent",
    "Referrals_child": "referral_child_count",
    "Re_referrals_child": "rereferral_child_count",
    "Re_referrals_child_percent": "rereferral_child_percent",
}


def found(shared: Path, name: str, table: Table) -> list[Finding]:
    (old,), (new,) = (
        (shared / folder).glob(f"{name}*.csv") for folder in ("published", "published_next")
    )
    before, after = (
        pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
        for path in (old, new)
    )
    return compare(
        table,
        release("2024", before, table),
        release("2025", after, table),
        published_places(table.name),
    )


def rules(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(finding.rule_id, finding.severity) for finding in findings}


def test_referrals_in_the_names_of_both_releases(shared: Path) -> None:
    findings = found(shared, "c1_", C1)
    renamed = {f.expected: f.value for f in findings if f.rule_id == "drift.column.renamed"}
    lost = {f.expected for f in findings if f.rule_id == "drift.column.lost"}
    assert renamed == RENAMED
    assert lost == {"Referrals_rate", "Referrals_child_rate"}
    assert rules(findings) == {
        ("drift.column.renamed", "note"),
        ("drift.column.lost", "check"),
        ("drift.period.gained", "note"),
        ("drift.history.revised", "note"),
    }
    # DfE withdrew one figure; nothing else of twelve years was touched.
    revised = [f for f in findings if f.rule_id == "drift.history.revised"]
    assert {(f.column, f.count) for f in revised} == {
        ("no_further_action", 1),
        ("no_further_action_percent", 1),
    }
    assert all("Barnet 2024, 0 → u" in f.message for f in revised)


def test_referrals_before_anybody_knew_the_new_names(shared: Path) -> None:
    """Every renamed column is found by its figures; the dropped rates are like nothing."""
    issued = [c.model_copy(update={"headers": c.headers[:1]}) for c in C1.columns]
    findings = found(shared, "c1_", C1.model_copy(update={"columns": issued}))
    lost = {f.expected: f.suggestion for f in findings if f.rule_id == "drift.column.lost"}
    # Case alone does not make a name unknown.
    known = {old: new for old, new in RENAMED.items() if old.lower() != new}
    assert lost == known | {"Referrals_rate": None, "Referrals_child_rate": None}
    assert sum(f.severity == "block" for f in findings) == len(published_places(C1.name))
    assert "drift.column.gained" not in {f.rule_id for f in findings}


def test_populations_are_revised_most_for_the_city_of_london(shared: Path) -> None:
    findings = found(shared, "ons_", contract("published").table("population"))
    assert rules(findings) == {("drift.history.revised", "note"), ("drift.period.gained", "note")}
    (revised,) = (f for f in findings if f.rule_id == "drift.history.revised")
    assert (revised.count, revised.expected, revised.value) == (329, "642", "918")
    assert "City of London 2023, 642 → 918 (+43%)" in revised.message
