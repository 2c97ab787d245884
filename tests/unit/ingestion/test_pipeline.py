"""Landing zone to raw Parquet: once each, apart from each other, and never half."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion import pipeline, store
from ingestion.contract import contract
from ingestion.landing import SYNTHETIC_MARK
from ingestion.pipeline import (
    Ingested,
    MixedZones,
    NothingLeft,
    ingest,
    raw_path,
    schema_of,
    tables_of,
)
from ingestion.whole import Damaged
from tests.unit.ingestion.builders import (
    KEY,
    MEASURES,
    NOW,
    REFERRALS,
    annex_a_sheets,
    ees,
    return_rows,
)

CAM = "returns/2025-26-Q2/CAM/return.csv"
CHAT_VALUES = "indicator,numerator,window_start,window_end\nreferrals,60,01/07/2025,30/09/2025\n"


def csv_return(values: dict | None = None) -> str:
    return "\n".join(",".join(map(str, row)) for row in return_rows(values))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(zone: Path, home: Path) -> Callable[..., Ingested]:
    def go(
        source: str = "return", key: bytes = KEY, days: int = 0, withdrawals: bool = False
    ) -> Ingested:
        return ingest(source, zone, home, key, NOW + timedelta(days=days), withdrawals)

    return go


def promised(table: str) -> pa.Schema:
    """The raw table's schema as Parquet can say it: it has no whole seconds."""
    fields = [
        field.with_type(pa.timestamp("ms")) if pa.types.is_timestamp(field.type) else field
        for field in schema_of(table)
    ]
    return pa.schema(fields)


# Camden's row of Ofsted's outcomes, with the key columns only.
OFSTED = (
    "la_code,inspection_start_date,inspection_end_date,publication_date,impact_of_leaders_grade\n"
    "202,02/06/2025,13/06/2025,25/07/25,good\n"
)


def raw(home: Path, table: str) -> pd.DataFrame:
    return pq.read_table(raw_path(home, table)).to_pandas()


def states(home: Path, source: str = "return") -> list[tuple[str, bool]]:
    frame = pq.read_table(home / "raw" / f"{source}_files.parquet").to_pandas()
    return list(zip(frame["state"], frame["is_current"], strict=True))


@pytest.mark.parametrize("source", pipeline.SOURCES)
def test_an_empty_landing_zone_gives_empty_typed_tables(
    run: Callable, home: Path, source: str
) -> None:
    result = run(source)
    assert (result.files, result.parsed, result.findings) == (0, 0, {})
    for table in tables_of(source):
        found = pq.read_table(raw_path(home, table))
        assert (found.num_rows, found.schema) == (0, promised(table))
    for name in ("files", "findings"):
        assert pq.read_table(home / "raw" / f"{source}_{name}.parquet").num_rows == 0


def test_what_is_handed_over_has_the_promised_schema(
    run: Callable, land: Callable, home: Path
) -> None:
    land(CAM, csv_return())
    land("annex_a/2025-26-Q2/CAM/a.xlsx", annex_a_sheets())
    land("annex_a/2025-26-Q2/CAM/chat values.csv", CHAT_VALUES)
    land("published/c1.csv", ees(REFERRALS))
    land("published/ofsted.csv", OFSTED)
    land("narratives/form.xlsx", {"Form": [["CAM/2025-26-Q2/self_view/good", "Early help hubs"]]})
    for source in pipeline.SOURCES:
        run(source)
        for table in tables_of(source):
            found = pq.read_table(raw_path(home, table))
            assert found.schema == promised(table)
            assert found.num_rows > 0


def test_a_second_run_parses_nothing_and_gives_the_same(
    run: Callable, land: Callable, home: Path
) -> None:
    land(CAM, csv_return({"cin": "about 5"}))
    land("returns/2025-26-Q2/NEW/broken.xlsx", b"rubbish")
    first = run()
    kept = {path.name: path.read_bytes() for path in (home / "raw").glob("*.parquet")}
    second = run(days=1)
    assert (first.parsed, second.parsed) == (2, 0)
    assert (second.tables, second.findings, second.quarantined) == (
        first.tables, first.findings, first.quarantined,
    )  # fmt: skip
    assert kept == {path.name: path.read_bytes() for path in (home / "raw").glob("*.parquet")}


def test_only_a_changed_file_is_parsed_again(run: Callable, land: Callable, home: Path) -> None:
    land(CAM, csv_return())
    land("returns/2025-26-Q2/BRE/return.csv", "\n".join(csv_return().split("\n")[5:]))
    run()
    land(CAM, csv_return({"cin": 42}))
    assert run(days=1).parsed == 1
    assert sorted(states(home)) == [("accepted", True), ("accepted", True), ("replaced", False)]


def test_a_changed_sidecar_is_parsed_again(run: Callable, land: Callable) -> None:
    land(CAM, csv_return())
    run()
    land(CAM, csv_return(), "received_at: 2025-10-01\n")
    assert run(days=1).parsed == 1


def test_a_new_key_or_new_rules_parse_everything_again(
    run: Callable, land: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(CAM, csv_return())
    run()
    assert run(key=b"another").parsed == 1
    monkeypatch.setattr(pipeline, "_rules_version", lambda _: "other rules")
    assert run(key=b"another").parsed == 1


def test_a_resubmission_is_current_and_both_versions_are_kept(
    run: Callable, land: Callable, home: Path
) -> None:
    land(CAM, csv_return({"cin": 1}), "received_at: 2025-10-01\n")
    land(
        "returns/2025-26-Q2/CAM/return_v2.csv", csv_return({"cin": 2}), "received_at: 2025-10-08\n"
    )
    run()
    files = pq.read_table(home / "raw" / "return_files.parquet").to_pandas()
    values = raw(home, "return_values").merge(files, on="file_id")
    cin = values[values["measure_code"] == "cin"]
    assert dict(zip(cin["value"], cin["is_current"], strict=True)) == {1: False, 2: True}


def test_a_withdrawn_return_is_handed_over_no_more(
    run: Callable, land: Callable, home: Path
) -> None:
    file = land(CAM, csv_return())
    run()
    file.absolute.unlink()
    run(days=1, withdrawals=True)
    assert states(home) == [("withdrawn", False)]
    assert raw(home, "return_values").empty


def test_one_broken_file_does_not_stop_the_others(
    run: Callable, land: Callable, zone: Path, home: Path
) -> None:
    land(CAM, csv_return())
    land("returns/2025-26-Q2/NEW/broken.xlsx", b"PK rubbish")
    land("returns/2025-26-Q2/BRE/scan.pdf", b"%PDF")
    land("returns/2025-26-Q2/EAL/gone.xlsx.yml", "la: EAL\n")
    (zone / "returns" / "link.csv").symlink_to(zone / CAM)
    result = run()
    assert result.quarantined == [
        "returns/2025-26-Q2/BRE/scan.pdf",
        "returns/2025-26-Q2/EAL/gone.xlsx.yml",
        "returns/2025-26-Q2/NEW/broken.xlsx",
        "returns/link.csv",
    ]
    assert result.findings == {"block": 4}
    assert len(raw(home, "return_values")) == len(MEASURES)


def test_a_file_that_vanishes_before_it_is_read_is_a_finding(
    run: Callable, land: Callable, zone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = land(CAM, csv_return())
    monkeypatch.setattr(pipeline.landing, "scan", lambda *_: [file])
    file.absolute.unlink()
    assert run().findings == {"block": 1}


def test_a_sidecar_that_cannot_be_used_is_a_finding(run: Callable, land: Callable) -> None:
    land(CAM, csv_return(), "la: [")
    assert run().findings == {"check": 1}


def test_a_workbook_of_no_authority_is_set_aside_and_the_run_goes_on(
    run: Callable, land: Callable, home: Path
) -> None:
    sidecar = "extract_date: 2025-10-03\n"
    land("annex_a/2025-26-Q2/upload/x.xlsx", annex_a_sheets(), sidecar)
    land("annex_a/2025-26-Q2/CAM/y.xlsx", annex_a_sheets(), sidecar)
    result = run("annex_a")
    assert result.quarantined == ["annex_a/2025-26-Q2/upload/x.xlsx"]
    assert len(raw(home, "annex_a_list_1")) == 1


def test_children_of_replaced_and_withdrawn_workbooks_are_not_kept(
    run: Callable, land: Callable, home: Path
) -> None:
    file = land("annex_a/2025-26-Q2/CAM/y.xlsx", annex_a_sheets())
    run("annex_a")
    land("annex_a/2025-26-Q2/CAM/y.xlsx", annex_a_sheets(annex_a_list_1=[]))
    run("annex_a", days=1)
    assert len(list((home / "raw" / ".parsed").iterdir())) == 1
    file.absolute.unlink()
    run("annex_a", days=2, withdrawals=True)
    assert list((home / "raw" / ".parsed").iterdir()) == []
    assert raw(home, "annex_a_list_3").empty


def test_no_child_is_readable_anywhere_in_the_home(
    run: Callable, land: Callable, home: Path
) -> None:
    land("annex_a/2025-26-Q2/CAM/y.xlsx", annex_a_sheets())
    run("annex_a")
    for path in home.rglob("*"):
        if path.suffix == ".parquet":
            text = pq.read_table(path).to_pandas().astype(str).to_csv()
        else:
            text = path.read_text() if path.is_file() else ""
        for secret in ("Wordsworth", "Nightingale", "Family Hub", "2015-05-17", ",1001,"):
            assert secret not in text, path


def test_synthetic_and_real_zones_refuse_to_mix(run: Callable, zone: Path) -> None:
    run()
    (zone / SYNTHETIC_MARK).touch()
    with pytest.raises(MixedZones, match=r"holds real data and .* is synthetic"):
        run()


def test_a_write_that_fails_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.parquet"
    store.write_parquet(pd.DataFrame({"a": [1]}), path)

    def fail(_: object, where: Path) -> None:
        Path(where).write_bytes(b"half a file")
        raise OSError("disk full")

    monkeypatch.setattr(store.pq, "write_table", fail)
    with pytest.raises(OSError, match="disk full"):
        store.write_parquet(pd.DataFrame({"a": [2]}), path)
    assert store.read_parquet(path)["a"].tolist() == [1]
    assert [p.name for p in tmp_path.iterdir()] == ["table.parquet"]


def test_a_run_cut_short_parses_the_file_again(
    run: Callable, land: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(CAM, csv_return())
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "write_parquet", lambda *_: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            run()
    assert run().parsed == 1


def test_a_landing_folder_that_is_suddenly_empty_is_not_taken_at_its_word(
    run: Callable, land: Callable, home: Path, zone: Path
) -> None:
    file = land(CAM, csv_return())
    run()
    file.absolute.unlink()
    with pytest.raises(NothingLeft, match="--allow-withdrawals"):
        run()
    assert states(home) == [("accepted", True)]
    assert len(raw(home, "return_values")) == len(MEASURES)
    run(withdrawals=True)
    assert states(home) == [("withdrawn", False)]
    assert raw(home, "return_values").empty


def test_nothing_of_a_file_that_is_set_aside_is_kept(
    run: Callable, land: Callable, home: Path
) -> None:
    land("annex_a/2025-26-Q2/unknown/x.xlsx", annex_a_sheets())
    result = run("annex_a")
    assert result.quarantined == ["annex_a/2025-26-Q2/unknown/x.xlsx"]
    assert list((home / "raw" / ".parsed").rglob("*.parquet")) == []


def test_lists_in_files_of_their_own_are_handed_over_together(
    run: Callable, land: Callable, home: Path
) -> None:
    sheets = annex_a_sheets()
    names = list(sheets)
    for name in names:
        land(f"annex_a/2025-26-Q2/CAM/{name}.xlsx", {name: sheets[name]})
    result = run("annex_a")
    assert {result.tables[table.name] for table in contract("annex_a").tables} == {1}
    columns = raw(home, "annex_a_columns")
    assert columns.groupby("list_name")["file_id"].nunique().tolist() == [1] * len(names)


def test_a_changed_registry_reads_files_again(
    run: Callable, land: Callable, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(pipeline.seeds_folder(), seeds)
    monkeypatch.setattr(pipeline, "seeds_folder", lambda: seeds)
    pipeline._rules_version.cache_clear()
    land(CAM, csv_return())
    assert run().parsed == 1
    with (seeds / "registry" / "measures.csv").open("a") as file:
        file.write("new_measure,New,Theme,flow,count,New,inferred\n")
    pipeline._rules_version.cache_clear()
    assert run().parsed == 1
    assert run().parsed == 0
    pipeline._rules_version.cache_clear()


# --- several submissions in a file, and what is remembered ---


def two_quarters() -> dict:
    first = [["Quarter", "2025-26 Q1"] if row[:1] == ["Quarter"] else row for row in return_rows()]
    return {"Q1": first, "Q2": return_rows({"cin": 42})}


def test_a_workbook_of_two_quarters_is_two_rows_of_the_ledger(
    run: Callable, land: Callable, home: Path
) -> None:
    land("returns/CAM/both.xlsx", two_quarters())
    result = run()
    assert (result.files, result.parsed) == (1, 1)
    files = pd.read_parquet(home / "raw" / "return_files.parquet")
    assert list(files["quarter"]) == ["2025-26-Q1", "2025-26-Q2"]
    assert list(files["sheet"]) == ["Q1", "Q2"]
    assert files["file_id"].is_unique
    assert set(files["path"]) == {"returns/CAM/both.xlsx"}
    assert list(files["is_current"]) == [True, True]
    values = raw(home, "return_values").merge(files[["file_id", "quarter"]], on="file_id")
    cin = values[values["measure_code"] == "cin"].set_index("quarter")["value"]
    assert cin.to_dict() == {"2025-26-Q1": 10, "2025-26-Q2": 42}
    assert run(days=1).parsed == 0
    assert pd.read_parquet(home / "raw" / "return_files.parquet").equals(files)


def test_a_quarter_taken_out_of_a_workbook_goes_on_counting(
    run: Callable, land: Callable, home: Path
) -> None:
    land("returns/CAM/both.xlsx", two_quarters())
    run()
    land("returns/CAM/both.xlsx", {"Q2": two_quarters()["Q2"]})
    run(days=1)
    files = pd.read_parquet(home / "raw" / "return_files.parquet")
    current = files[files["is_current"]]
    assert sorted(current["quarter"]) == ["2025-26-Q1", "2025-26-Q2"]
    assert list(files.loc[~files["is_current"], "state"]) == ["replaced"]
    assert set(current["file_id"]) <= set(raw(home, "return_values")["file_id"])


def test_a_broken_sheet_in_a_new_version_leaves_its_earlier_figures_counting(
    run: Callable, land: Callable, home: Path
) -> None:
    land("returns/CAM/both.xlsx", two_quarters())
    run()
    broken = [["Quarter", "next spring"] if row[:1] == ["Quarter"] else row
              for row in two_quarters()["Q1"]]  # fmt: skip
    land("returns/CAM/both.xlsx", {"Q1": broken, "Q2": return_rows({"cin": 43})})
    run(days=1)
    files = pd.read_parquet(home / "raw" / "return_files.parquet")
    current = files[files["is_current"]].merge(raw(home, "return_values"), on="file_id")
    cin = current[current["measure_code"] == "cin"].set_index("quarter")["value"]
    assert cin.to_dict() == {"2025-26-Q1": 10, "2025-26-Q2": 43}
    assert "quarantined" in set(files["state"])


def test_children_of_the_quarter_before_are_kept_until_their_own_file_is_replaced(
    run: Callable, land: Callable, home: Path, zone: Path
) -> None:
    land("annex_a/CAM/y.xlsx", annex_a_sheets(), "quarter: 2025-26-Q2\n")
    run("annex_a")
    land("annex_a/CAM/y.xlsx", annex_a_sheets(annex_a_list_1=[]), "quarter: 2025-26-Q3\n")
    run("annex_a", days=1)
    assert states(home, "annex_a") == [("accepted", True), ("accepted", True)]
    assert len(raw(home, "annex_a_list_3")) == 2
    # The sidecar said the wrong quarter: the same content is another submission's now.
    (zone / "annex_a/CAM/y.xlsx.yml").write_text("quarter: 2025-26-Q4\n")
    run("annex_a", days=2)
    files = pd.read_parquet(home / "raw" / "annex_a_files.parquet").set_index("quarter")["state"]
    assert files.to_dict() == {
        "2025-26-Q2": "accepted", "2025-26-Q3": "replaced", "2025-26-Q4": "accepted",
    }  # fmt: skip
    assert len(list((home / "raw" / ".parsed").iterdir())) == 2


def remember(zone: Path, *lines: str) -> None:
    path = zone / "aliases" / "returns.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["la,kind,written,means", *lines]))


def test_a_correction_is_used_from_then_on_and_only_its_authority_is_read_again(
    run: Callable, land: Callable, zone: Path, home: Path
) -> None:
    own_word = csv_return({"cin": 42}).replace("cin,Children in need", ",Kids in need")
    land(CAM, own_word)
    land("returns/2025-26-Q2/GRE/return.csv", csv_return().replace("Camden", "Greenwich")
         .replace("E09000007", "E09000011"))  # fmt: skip
    assert run().parsed == 2
    lost = raw(home, "return_findings").query("rule_id == 'return.measure.unknown'")
    assert "E09000007,measure,Kids in need,<code>" in lost["fix"].iloc[0]
    assert "cin" not in set(camden(home)["measure_code"])

    remember(zone, "E09000007,measure,Kids in need,cin")
    assert run(days=1).parsed == 1
    assert camden(home).set_index("measure_code").loc["cin", "value"] == 42
    # The next quarter needs no further word.
    land("returns/2025-26-Q3/CAM/return.csv", own_word.replace("2025-26 Q2", "2025-26 Q3"))
    run(days=90)
    assert list(camden(home).query("measure_code == 'cin'")["value"]) == [42, 42]


def test_a_submission_keeps_its_number_when_another_sheet_is_understood(
    run: Callable, land: Callable, zone: Path, home: Path
) -> None:
    first, second = two_quarters().values()
    strange = [["Zahl" if cell == "Value" else cell for cell in row] for row in first]
    land("returns/CAM/both.xlsx", {"Q1": strange, "Q2": second})
    run()
    before = numbered(home)
    remember(zone, ",column,Zahl,Value")
    run(days=1)
    assert numbered(home)["2025-26-Q2"] == before["2025-26-Q2"] == 1
    assert numbered(home)["2025-26-Q1"] == 1


def numbered(home: Path) -> dict[str, int]:
    files = pd.read_parquet(home / "raw" / "return_files.parquet")
    counting = files[files["is_current"]]
    return dict(zip(counting["quarter"], counting["submission_number"], strict=True))


def camden(home: Path) -> pd.DataFrame:
    files = pd.read_parquet(home / "raw" / "return_files.parquet")
    mine = files.loc[files["new_la_code"] == "E09000007", "file_id"]
    values = raw(home, "return_values")
    return values[values["file_id"].isin(mine)]


def test_a_line_of_the_aliases_that_cannot_be_used_is_a_finding_of_the_run(
    run: Callable, land: Callable, zone: Path, home: Path
) -> None:
    land(CAM, csv_return())
    remember(zone, "CAM,measure,a b c,no such measure")
    assert run().findings == {"check": 1}
    (finding,) = raw(home, "return_findings").to_dict("records")
    assert (finding["rule_id"], finding["sheet"]) == ("aliases.unusable", "aliases/returns.csv")
    assert pd.isna(finding["file_id"])


def test_what_cannot_be_read_is_shown_as_sent_by_its_authority(
    run: Callable, land: Callable, zone: Path, home: Path
) -> None:
    land("returns/2025-26-Q2/NEW/broken.xlsx", b"PK rubbish")
    (zone / "returns/2025-26-Q2/CAM").mkdir()
    (zone / "returns/2025-26-Q2/CAM/link.csv").symlink_to(zone)
    run()
    files = pd.read_parquet(home / "raw" / "return_files.parquet")
    assert list(files["new_la_code"]) == ["E09000007", "E09000025"]
    assert set(files["quarter"]) == {"2025-26-Q2"}
    assert set(files["state"]) == {"quarantined"}


def test_a_parser_that_fails_stops_nobody_else_and_quotes_nothing(
    run: Callable, land: Callable, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = pipeline.annex_a.parse

    def parse(file: pipeline.LandedFile, key: bytes) -> pipeline.Parsed:
        if "NEW" in file.path:
            raise KeyError("Wordsworth")
        return original(file, key)

    monkeypatch.setattr(pipeline.annex_a, "parse", parse)
    land("annex_a/2025-26-Q2/CAM/y.xlsx", annex_a_sheets())
    land("annex_a/2025-26-Q2/NEW/y.xlsx", annex_a_sheets())
    assert run("annex_a").quarantined == ["annex_a/2025-26-Q2/NEW/y.xlsx"]
    assert len(raw(home, "annex_a_list_1")) == 1
    (failed,) = raw(home, "annex_a_findings").query("severity == 'block'").to_dict("records")
    assert (failed["rule_id"], failed["message"]) == (
        "file.failed",
        "Reading this file failed (KeyError): a fault of the platform",
    )
    assert failed["fix"]


def test_names_and_sidecars_in_odd_encodings_can_be_stored(
    run: Callable, land: Callable, zone: Path, home: Path
) -> None:
    folder = zone / "returns/2025-26-Q2/CAM"
    folder.mkdir(parents=True)
    (folder / "caf\udce9.csv").write_text(csv_return())
    (folder / "caf\udce9.csv.yml").write_text('sender: "\\ud800"\n2025-01-01: x\n')
    assert run().quarantined == []
    files = pd.read_parquet(home / "raw" / "return_files.parquet")
    assert list(files["sender"]) == ["?"]


def test_files_of_ofsteds_of_two_days_are_both_handed_over(
    run: Callable, land: Callable, home: Path
) -> None:
    """What improved is told by both, whether the newer stands beside the older or over it."""
    sidecar = "received_at: 2025-10-01\n"
    land("published/ofsted.csv", OFSTED, sidecar)
    run("published")
    later = OFSTED.replace("/06/2025", "/07/2025").replace("25/07/25", "05/09/25")
    land("published/ofsted.csv", later, sidecar)
    run("published", days=1)
    assert states(home, "published") == [("replaced", False), ("accepted", True)]
    files = pd.read_parquet(home / "raw" / "published_files.parquet")
    assert list(files["release"]) == ["2025-07-25", "2025-09-05"]
    assert set(raw(home, "ofsted_judgements")["file_id"]) == set(files["file_id"])


@pytest.mark.parametrize(
    "damage", [lambda b: b"", lambda b: b[: len(b) // 2], lambda b: bytes(reversed(b))]
)
@pytest.mark.parametrize("kept", ["return_values.parquet", "facts.json", "*[0-9a-f].json"])
def test_what_was_kept_of_a_file_and_is_damaged_is_read_again(
    kept: str, damage: Callable, run: Callable, land: Callable, home: Path
) -> None:
    land(CAM, csv_return())
    run()
    whole = raw(home, "return_values")
    (path,) = (home / "raw" / ".parsed").glob(f"*/{kept}")
    path.write_bytes(damage(path.read_bytes()))
    assert run().parsed == 1
    pd.testing.assert_frame_equal(raw(home, "return_values"), whole)
    assert run().parsed == 0


def test_history_that_is_damaged_is_told_and_nothing_is_changed(
    run: Callable, land: Callable, home: Path
) -> None:
    land(CAM, csv_return())
    run()
    (kept,) = (home / "raw" / ".parsed").glob("*/return_values.parquet")
    land(CAM, csv_return({"contacts": 7}))
    run(days=1)
    ledger, handed_over = states(home), raw(home, "return_values")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-20])
    with pytest.raises(Damaged, match=r"is damaged, and the version of .*return\.csv .* backup"):
        run(days=2)
    assert states(home) == ledger
    pd.testing.assert_frame_equal(raw(home, "return_values"), handed_over)
    kept.write_bytes(whole)
    run(days=2)


@pytest.mark.parametrize("path", ["ledger/annex_a.parquet", "raw/chat_kept.parquet"])
def test_what_cannot_be_read_again_is_told_when_damaged(
    path: str, run: Callable, home: Path
) -> None:
    run("annex_a")
    (home / path).write_bytes(b"PAR1")
    with pytest.raises(Damaged, match=rf"{path} is damaged. Put it back from a backup"):
        run("annex_a")


def test_the_kind_of_a_home_that_was_half_written_is_written_again(
    run: Callable, home: Path
) -> None:
    """By a run of an earlier version that was killed just there."""
    run()
    kind = (home / "landing_kind").read_text()
    (home / "landing_kind").write_text("")
    run()
    assert (home / "landing_kind").read_text() == kind
