"""What an engineer asks of the Dagster UI: who is missing, what is blocked and why, and where a
number came from. Asked of the web server itself, on a copy of a run's home in which a figure broke.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from ingestion.sample.deliveries import MISSING_NOW
from orchestration.home import Home
from tests.browser import chromium, needs_chromium
from tests.conftest import PROJECT, Run

Key = tuple[str, ...]
_PAGES = """
{ assetNodes {
    assetKey { path } groupName description kinds
    owners { ... on TeamAssetOwner { team } }
    assetChecksOrError { ... on AssetChecks { checks {
        name description
        executionForLatestMaterialization { status evaluation { description severity } }
    } } }
    assetMaterializations(limit: 1) { metadataEntries {
        label __typename
        ... on TextMetadataEntry { text }
        ... on MarkdownMetadataEntry { mdStr }
        ... on TableColumnLineageMetadataEntry {
            lineage { columnName columnDeps { assetKey { path } columnName } }
        }
    } }
} }
"""


@pytest.fixture(scope="module")
def blocked(synthetic_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home after a run, and after a gate that has then met a negative figure."""
    root = tmp_path_factory.mktemp("ui") / "home"
    shutil.copytree(
        synthetic_run.home, root, ignore=shutil.ignore_patterns(".parsed", "outputs", "data_docs")
    )
    place = Home(root, synthetic_run.home.parent / "landing")
    path = place.staged_marts / "fct_indicator.parquet"
    changed = path.with_suffix(".new")
    broken = "indicator_code = 'cla' and source = 'published' and new_la_code = 'E09000007'"
    with duckdb.connect() as connection:
        connection.from_parquet(str(path)).create_view("t")
        connection.execute(
            f"copy (select * replace (if({broken}, -1, value) as value) from t) "  # noqa: S608
            f"to '{changed}' (format parquet)"
        )
    changed.replace(path)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _environment(place).items():
            patch.setenv(name, value)
        _marts_gate_alone(place)
    return place


def _environment(place: Home) -> dict[str, str]:
    return {
        "LIIA_HOME": str(place.root),
        "LIIA_LANDING": str(place.landing),
        "DAGSTER_HOME": str(place.dagster),
        "PYTHONPATH": str(PROJECT),
    }


def _marts_gate_alone(place: Home) -> None:
    import dagster as dg

    from orchestration.defs import gates
    from orchestration.resources import Platform

    definitions = dg.Definitions(
        asset_checks=gates.CHECKS,
        jobs=[dg.define_asset_job("gate", dg.AssetSelection.checks(gates.CHECKS[-1]))],
        resources={"platform": Platform(root=str(place.root), landing=str(place.landing))},
        executor=dg.in_process_executor,
    )
    with dg.DagsterInstance.get() as instance:
        definitions.resolve_job_def("gate").execute_in_process(
            instance=instance, raise_on_error=False
        )


@pytest.fixture(scope="module")
def address(blocked: Home) -> Iterator[str]:
    """The web server that `liia ui` starts, without the daemon beside it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).parent / "dagster-webserver", "-h", "127.0.0.1"]
    command += ["-p", str(port), "-w", PROJECT / "workspace.yaml"]
    log = blocked.root / "webserver.log"
    with log.open("w") as sink:
        server = subprocess.Popen(
            command, cwd=PROJECT, env=os.environ | _environment(blocked), stdout=sink, stderr=sink
        )
    try:
        found = f"http://127.0.0.1:{port}"
        for _ in range(300):
            assert server.poll() is None, log.read_text()
            try:
                requests.get(f"{found}/server_info", timeout=10).raise_for_status()
                break
            except requests.RequestException:
                time.sleep(1)
        yield found
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture(scope="module")
def pages(address: str) -> dict[Key, dict[str, Any]]:
    """What the UI knows of every asset, by key."""
    told = requests.post(f"{address}/graphql", json={"query": _PAGES}, timeout=300).json()
    assert "errors" not in told, told
    return {tuple(node["assetKey"]["path"]): node for node in told["data"]["assetNodes"]}


def _entries(page: dict[str, Any]) -> dict[str, dict[str, Any]]:
    made = page["assetMaterializations"]
    return {entry["label"]: entry for entry in made[0]["metadataEntries"]} if made else {}


def test_who_is_missing_is_on_the_pages_of_returns(
    pages: dict[Key, dict[str, Any]], synthetic_run: Run
) -> None:
    status = synthetic_run.mart("mart_submission_status")
    now = status[(status["quarter_label"] == "2025-26 Q2") & status["is_current"]]
    by_state = now.groupby("submission_state")["la_name"].agg(lambda names: sorted(set(names)))
    assert len(by_state["not_returned"]) > 1
    for key in (("raw", "return_files"), ("outputs", "returns")):
        told = _entries(pages[key])
        assert told["missing"]["text"] == ", ".join(by_state["not_returned"]), key
        for name in by_state["quarantined"]:
            assert f"| {name} |" in told["set_aside"]["mdStr"], key
    # By what rule, and what to do about it.
    aside = _entries(pages["raw", "return_files"])["set_aside"]["mdStr"]
    assert "return.quarter.disagrees" in aside and "Correct the cover" in aside


def test_what_is_blocked_says_its_rule_and_why(pages: dict[Key, dict[str, Any]]) -> None:
    checks = pages["marts", "fct_indicator"]["assetChecksOrError"]["checks"]
    (gate,) = [check for check in checks if check["name"] == "gate"]
    found = gate["executionForLatestMaterialization"]
    assert found["status"] == "FAILED"
    assert found["evaluation"]["severity"] == "ERROR"
    said = found["evaluation"]["description"]
    assert "fct_indicator.value.not_negative" in said
    assert "negative" in said.replace("not_negative", "")
    others = pages["marts", "dim_indicator"]["assetChecksOrError"]["checks"]
    states = {one["name"]: one["executionForLatestMaterialization"] for one in others}
    assert states["gate"]["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("product", "column", "raw"),
    [
        ("dfe", "value", ("raw", "return_values", "value")),
        ("dfe", "numerator", ("raw", "published_values", "value")),
        ("d2i", "england_value", ("raw", "published_values", "value")),
    ],
)
def test_a_column_leads_back_to_the_raw_table(
    pages: dict[Key, dict[str, Any]], product: str, column: str, raw: Key
) -> None:
    seen: set[Key] = set()
    waiting = [("outputs", product, column)]
    while waiting:
        found = waiting.pop()
        if found in seen:
            continue
        seen.add(found)
        lineage = _entries(pages[found[:-1]]).get("dagster/column_lineage", {"lineage": []})
        waiting += [
            (*dep["assetKey"]["path"], dep["columnName"])
            for of in lineage["lineage"]
            if of["columnName"] == found[-1]
            for dep in of["columnDeps"]
        ]
    assert raw in seen
    # The same to click, from page to page.
    made_of = _entries(pages["outputs", product])["made_of"]["mdStr"]
    assert "[fct_indicator.value](/assets/marts/fct_indicator)" in made_of
    assert "/assets/" in _entries(pages["marts", "fct_indicator"])["made_of"]["mdStr"]
    assert ("marts", "fct_indicator", "value" if "value" in column else column) in seen


def test_the_command_that_explains_a_number_works(
    pages: dict[Key, dict[str, Any]], blocked: Home, liia_done: Callable[[list[str]], str]
) -> None:
    for key in (("published", "marts"), ("outputs", "dfe")):
        told = _entries(pages[key])["explain"]["mdStr"]
        command = told.split("```")[1].replace("\\\n", " ").split()
        assert command[:2] == ["liia", "explain"], key
        assert "returns/2025-26-Q2/" in liia_done(command[1:])


@pytest.fixture
def liia_done() -> Callable[[list[str]], str]:
    from tests.conftest import liia

    def done(arguments: list[str]) -> str:
        ended = liia(*arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return done


def test_every_asset_and_check_says_what_it_is(pages: dict[Key, dict[str, Any]]) -> None:
    assert len(pages) > 150
    for key, page in pages.items():
        assert page["description"] and page["kinds"], key
        assert page["owners"] == [{"team": "data-engineering"}], key
        assert page["groupName"][0].isdigit(), key
        assert "select" not in page["description"].split("\n")[0], key
        for check in page["assetChecksOrError"].get("checks", []):
            assert check["description"], (key, check["name"])


def test_nothing_of_children_is_on_a_page(pages: dict[Key, dict[str, Any]]) -> None:
    """Of what is restricted, counts and columns; no rows of any table that is not named for it."""
    restricted = [key for key, page in pages.items() if page["groupName"] == "3_restricted"]
    assert len(restricted) > 11
    for key in restricted:
        # Beside counts, texts of dbt and the names of columns there is nothing.
        told = {name: one["__typename"] for name, one in _entries(pages[key]).items()}
        told.pop("made_of", None)
        assert not {"MarkdownMetadataEntry", "JsonMetadataEntry"} & set(told.values()), key
    previewed = {key[-1] for key, page in pages.items() if "preview" in _entries(page)}
    assert {"return_values", "fct_indicator"} <= previewed
    of_children_or_words = ("annex_a", "narrative", "findings", "chat", "files")
    assert not [name for name in previewed if any(word in name for word in of_children_or_words)]


@needs_chromium
def test_the_page_of_returns_names_who_is_missing(
    address: str, pages: dict[Key, dict[str, Any]]
) -> None:
    missing = _entries(pages["outputs", "returns"])["missing"]["text"]
    assert missing.count(", ") + 1 == len(MISSING_NOW)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 950})
        page.goto(f"{address}/assets/outputs/returns?view=overview")
        named = page.get_by_text(missing).first
        named.wait_for(timeout=60_000)
        assert named.is_visible()
