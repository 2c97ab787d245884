"""Eight demo quarters, given one after the other, and everything that was given then attacked."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from exports.disclosure import attack, cells_of, profile, protect, registry_relations
from exports.protected import quarter_figures
from exports.release.audience import Audience
from exports.release.given import Given
from exports.release.register import Decision, State
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from ingestion.pipeline import SOURCES, ingest
from ingestion.sample import write_landing_zone
from orchestration.home import DBT_PROJECT, Home
from tests.recomputed.warehouse import dbt
from tests.unit.exports.written import authorities


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """fct_indicator and dim_indicator of the demo's eight quarters; Annex A adds nothing here."""
    root = tmp_path_factory.mktemp("eight quarters")
    home = Home(root / "home", root / "landing")
    write_landing_zone(home.landing, annex_a_las=())
    home.prepare()
    for source in SOURCES:
        ingest(source, home.landing, home.root, b"test", datetime.now(LONDON))
    target = ("--target-path", str(root / "target"))
    dbt(DBT_PROJECT, home.root, "seed", *target)
    dbt(DBT_PROJECT, home.root, "run", "--select", "+fct_indicator", "dim_indicator", *target)
    return home.staged_marts


@pytest.fixture(scope="module")
def returned(marts: Path) -> pd.DataFrame:
    return pd.read_parquet(marts / "fct_indicator.parquet").query("source == 'return'")


@pytest.fixture(scope="module")
def given(marts: Path, returned: pd.DataFrame, tmp_path_factory) -> dict[str, Audience]:
    """All quarters to whoever is given figures under a profile that hides, in their order."""
    kept = Given(tmp_path_factory.mktemp("given"))
    quarters = sorted(returned["period_label"].unique())
    assert len(quarters) == 8
    audiences = {}
    for product, recipient in (("adcs", "adcs"), ("appendix_b", "ifs")):
        decision = Decision(product, recipient, recipient, State.PRESENT, "")
        audience = audiences[product] = Audience(product, [decision], authorities(), kept)
        for label in quarters:
            figures = quarter_figures(marts, Quarter.parse(label), audience)
            assert figures.publication
            kept.keep(recipient, figures.publication)
    return audiences


@pytest.mark.parametrize("product", ["adcs", "appendix_b"])
def test_nobody_works_out_a_hidden_count(product: str, given: dict[str, Audience]) -> None:
    publications = [one.cells for one in given[product].had()]
    assert len(publications) == 8
    found = attack(publications, registry_relations())
    assert not found["is_disclosed"].any()
    # London's own counts are large; those of authorities are not.
    assert len(found) > 500 if product == "appendix_b" else found.empty


def test_without_secondary_suppression_the_same_attacker_does(
    given: dict[str, Audience], returned: pd.DataFrame
) -> None:
    relations, rules = registry_relations(), profile("appendix_b")
    latest = returned[returned["period_label"] == returned["period_label"].max()]
    latest = latest[latest["period_type"] != "rolling_4q"]
    bare = protect(cells_of(latest, relations), replace(rules, secondary=False), relations)
    assert attack([bare], relations)["is_disclosed"].sum() > 10


def test_with_rolling_years_and_other_totals_the_public_works_out_nothing(
    returned: pd.DataFrame,
) -> None:
    """Two quarters with their rolling years, and Inner and Outer London: more sums to go by."""
    relations, public = registry_relations(), profile("public")
    cells = cells_of(returned, relations)
    publications: list[pd.DataFrame] = []
    for label in sorted(cells["period_label"].unique())[-2:]:
        of_quarter = cells[cells["period_label"] == label]
        publications.append(protect(of_quarter, public, relations, publications))
    found = attack(publications, relations)
    assert len(found) > 100
    assert not found["is_disclosed"].any()


def test_what_is_kept_of_it_holds_no_hidden_number(given: dict[str, Audience]) -> None:
    for one in given["appendix_b"].had():
        hidden = one.cells[one.cells["value_status"] == "c"]
        # Populations are public: they alone stand beside what is hidden.
        numbers = hidden[hidden["value"].notna()]
        assert set(numbers["role"]) <= {"denominator"}
