"""The promise of docs/add-an-indicator.md: registry rows are all it takes."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd

from tests.conftest import PROJECT, liia_run

PACKAGES = ("ingestion", "expectations", "exports", "orchestration", "dbt_project")
NEW = "s47_per_referral_pct"


def _append(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        header = next(csv.reader(file))
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.DictWriter(file, header, lineterminator="\n").writerows(rows)


def test_registry_rows_alone_bring_an_indicator_to_marts_rug_and_dictionary(
    synthetic_landing: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "project"
    ignore = shutil.ignore_patterns("target", "logs", "__pycache__")
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, copy / package, ignore=ignore)
    (copy / "docs").mkdir()
    registry = copy / "dbt_project" / "seeds" / "registry"
    _append(
        registry / "indicators.csv",
        [
            {
                "indicator_code": NEW,
                "label": "S47s per 100 referrals",
                "name": "Section 47 enquiries per 100 referrals",
                "theme": "Child protection enquiries",
                "timing": "flow",
                "unit": "percent",
                "multiplier": "100",
                "decimals": "1",
                "polarity": "none",
                "plausible_low": "0",
                "plausible_high": "100",
                "interval_method": "wilson",
                "exception_rule": "top_bottom_fifth",
                "minimum_spread": "0",
                "disclosure_rule": "small_counts",
                "definition_status": "inferred",
                "annex_a": "proxy",
                "published": "no_counterpart",
            }
        ],
    )
    _append(
        registry / "indicator_terms.csv",
        [
            {"indicator_code": NEW, "role": "numerator", "measure_code": "s47"},
            {"indicator_code": NEW, "role": "denominator", "measure_code": "referrals"},
        ],
    )
    _append(
        registry / "indicator_set_members.csv",
        [
            {
                "set_id": "riia_2022_31",
                "position": "999",
                "item_no": "32",
                "item_label": "S47s per 100 referrals",
                "indicator_code": NEW,
            }
        ],
    )

    run = liia_run("2025-26-Q2", synthetic_landing, tmp_path / "home", project=copy)
    assert run.code == 0, run.output
    written = subprocess.run(
        [sys.executable, "-m", "orchestration.dictionary"], cwd=copy, check=False
    )

    mart = run.mart("fct_indicator").query(
        f"indicator_code == '{NEW}' and new_la_code == 'E09000007'"
        " and period_label == '2025-26 Q2' and source == 'return' and period_type == 'quarter'"
    )
    measures = (
        run.mart("fct_measure")
        .query(
            "new_la_code == 'E09000007' and period_label == '2025-26 Q2' and source == 'return'"
            " and period_type == 'quarter'"
        )
        .set_index("measure_code")["value"]
    )
    (value,) = mart["value"]
    assert value == measures["s47"] * 100 / measures["referrals"]
    assert NEW in set(run.mart("mart_tartan_rug")["indicator_code"])
    page = (run.home / "outputs" / "2025-26-Q2" / "rug" / "index.html").read_text("utf-8")
    assert "S47s per 100 referrals" in page
    (data,) = (run.home / "outputs" / "2025-26-Q2" / "dfe").glob("*q2.csv")
    assert NEW in set(pd.read_csv(data)["indicator_code"])
    assert written.returncode == 0
    dictionary = (copy / "docs" / "data_dictionary.md").read_text("utf-8")
    assert f"| `{NEW}` | Section 47 enquiries per 100 referrals |" in dictionary
