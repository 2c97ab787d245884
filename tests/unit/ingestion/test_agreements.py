"""Agreements: nothing child-level is opened without one in force, and an assumed one is said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from ingestion import agreements
from ingestion.agreements import PURPOSES, agreement, findings
from ingestion.landing import LandedFile
from ingestion.registry import seed

CAMDEN, BRENT, HACKNEY = "E09000007", "E09000005", "E09000012"
FIGURES = "annex_a_figures"
COLUMNS = ("new_la_code", "purpose", "signed", "valid_from", "valid_to", "reference", "status")
REGISTER = [
    (CAMDEN, FIGURES, "yes", "2022-06-01", "2025-09-30", "IG-1", "confirmed"),
    (CAMDEN, FIGURES, "no", "2025-10-01", "", "IG-2", "confirmed"),
    (BRENT, FIGURES, "yes", "2025-01-01", "", "MoU", "assumed"),
    (HACKNEY, "research", "yes", "2022-06-01", "", "IG-3", "confirmed"),
]


@pytest.fixture(autouse=True)
def _register(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pd.DataFrame(REGISTER, columns=COLUMNS)
    monkeypatch.setattr(agreements, "seed", lambda _: rows)


@pytest.fixture
def received(land: Callable) -> Callable[..., LandedFile]:
    """A file with no sense in it, received on a day: whoever opens it fails."""

    def on(moment: str, synthetic: bool = False) -> LandedFile:
        sidecar = f"received_at: {moment}\n"
        file = land("annex_a/2025-26-Q2/CAM/a.xlsx", b"\x00", sidecar)
        file.absolute.unlink()
        return replace(file, synthetic=synthetic)

    return on


@pytest.mark.parametrize(
    ("la_code", "day", "reference"),
    [
        (CAMDEN, date(2022, 5, 31), None),
        (CAMDEN, date(2022, 6, 1), "IG-1"),
        (CAMDEN, date(2025, 9, 30), "IG-1"),
        (CAMDEN, date(2025, 10, 1), None),  # it said no
        (BRENT, date(2099, 1, 1), "MoU"),
        (HACKNEY, date(2025, 1, 1), None),  # signed, for another purpose
        ("E09000001", date(2025, 1, 1), None),
    ],
)
def test_an_agreement_is_of_one_authority_for_one_purpose_and_dated(
    la_code: str, day: date, reference: str | None
) -> None:
    found = agreement(la_code, FIGURES, day)
    assert (found.reference if found else None) == reference


def test_without_an_agreement_the_file_is_blocked_and_told_what_to_do(
    received: Callable,
) -> None:
    (finding,) = findings(received("2025-10-01"), CAMDEN, FIGURES)
    assert (finding.rule_id, finding.severity) == ("annex_a.agreement.missing", "block")
    assert "Camden" in finding.message
    assert "quarterly figures from Annex A lists" in finding.message
    assert "2025-10-01" in finding.message
    assert "sign" in str(finding.fix)


def test_what_counts_is_the_day_of_receipt_in_london(received: Callable) -> None:
    # 30 September in New York, but half past midnight of 1 October in London.
    assert findings(received("2025-09-30 12:00:00+00:00"), CAMDEN, FIGURES) == []
    late = received("2025-09-30 19:30:00-04:00")
    assert [f.severity for f in findings(late, CAMDEN, FIGURES)] == ["block"]


def test_an_assumed_agreement_lets_a_real_file_pass_and_says_so(received: Callable) -> None:
    (finding,) = findings(received("2025-10-01"), BRENT, FIGURES)
    assert (finding.rule_id, finding.severity) == ("annex_a.agreement.assumed", "check")
    assert "No signed agreement of Brent" in finding.message


def test_of_a_synthetic_file_nothing_is_asked(received: Callable) -> None:
    assert findings(received("2025-10-01", synthetic=True), BRENT, FIGURES) == []


def test_a_synthetic_file_of_an_authority_that_said_no_is_blocked_all_the_same(
    received: Callable,
) -> None:
    found = findings(received("2025-10-01", synthetic=True), CAMDEN, FIGURES)
    assert [finding.severity for finding in found] == ["block"]


def test_the_shipped_register_has_every_authority_of_london_for_every_purpose() -> None:
    las = seed("reference/local_authorities").query("is_london == 'true'")
    shipped = seed("reference/agreements")
    assert set(shipped["purpose"]) == set(PURPOSES)
    for _, rows in shipped.groupby("purpose"):
        assert sorted(rows["new_la_code"]) == sorted(las["new_la_code"])
