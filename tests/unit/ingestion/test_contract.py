"""Contracts: a mistake in YAML is told with file and field."""

import re
from pathlib import Path

import pytest

from ingestion.contract import CONTRACTS, Contract, ContractError, contract, load_contract

GOOD = """
source: return
tables:
  - name: return_values
    title: Quarterly return
    columns:
      - {name: value, type: number, headers: [Value]}
    rules:
      - {id: r1, kind: between, column: value, min: 0, severity: block, message: m, fix: f}
"""


def load(folder: Path, text: str) -> Contract:
    (folder / "return.yml").write_text(text)
    return load_contract("return", folder)


def test_a_contract_is_typed(tmp_path: Path) -> None:
    table = load(tmp_path, GOOD).table("return_values")
    assert table.column("value").type == "number"
    assert (table.rules[0].kind, table.rules[0].min, table.rules[0].max) == ("between", 0, None)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("type: number", "type: numeric", r"tables\.0\.columns\.0\.type"),
        ("headers: [Value]", "headers: []", r"tables\.0\.columns\.0\.headers"),
        ("headers: [Value]", "headers: [Value], kep: drop", r"tables\.0\.columns\.0\.kep"),
        ("severity: block", "severity: fatal", r"tables\.0\.rules\.0\.between\.severity"),
        ("kind: between", "kind: around", r"tables\.0\.rules\.0"),
        ("source: return", "source: email", "source"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    with pytest.raises(ContractError, match=rf"return\.yml: {field}"):
        load(tmp_path, GOOD.replace(old, new))


def test_broken_yaml_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"return\.yml: not readable as YAML"):
        load(tmp_path, "tables: [")


def test_a_published_dataset_has_the_shared_columns_first() -> None:
    published = contract("published")
    assert {table.name for table in published.tables} >= {"cin_referrals", "cin_s47_icpc", "csww"}
    for table in published.tables:
        assert [c.name for c in table.columns][:2] == ["time_period", "time_identifier"]
        assert re.fullmatch(r"\d\d-\d\d", table.year_end or "12-31")


def test_a_new_dataset_is_a_new_file(tmp_path: Path) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    for path in (CONTRACTS / "published").glob("*.yml"):
        (folder / path.name).write_text(path.read_text())
    (folder / "new.yml").write_text(
        "source: published\ntables:\n  - {name: new, title: New, columns: "
        "[{name: n, role: indicator, headers: [n]}]}\n"
    )
    tables = load_contract("published", tmp_path).tables
    assert len(tables) == len(contract("published").tables) + 1


@pytest.mark.parametrize("source", ["return", "annex_a", "published", "ofsted", "narrative"])
def test_the_packaged_contracts_hold_together(source: str) -> None:
    for table in contract(source).tables:
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names)), table.name
        for rule in table.rules:
            columns = rule.columns if rule.kind == "unique" else [rule.column]
            columns += [rule.other] if rule.kind == "not_before" else []
            assert set(columns) <= set(names), rule.id


def test_row_rules_that_nobody_would_evaluate_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    for path in (CONTRACTS / "published").glob("*.yml"):
        (folder / path.name).write_text(path.read_text())
    rules = "    rules: [{id: r, kind: not_null, column: x, severity: check, message: m, fix: f}]\n"
    with (folder / "csww.yml").open("a") as file:
        file.write(rules)
    with pytest.raises(ContractError, match=r"csww\.yml: rules"):
        load_contract("published", tmp_path)
