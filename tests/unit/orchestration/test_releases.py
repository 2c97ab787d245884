"""No way round the gate: Dagster, a backfill, a second run, the command; and what they say."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import dagster as dg
import pytest
from rich.console import Console

from exports.release import egress
from ingestion.periods import Quarter
from orchestration import definitions, release_text, runner
from orchestration.home import Home
from orchestration.lib import GROUPS
from orchestration.resources import Platform
from tests.conftest import PROJECT, liia
from tests.unit.exports import conftest as exports
from tests.unit.exports.release.registers import Registers, made_up_registers

__all__ = ["made_up_registers"]

Q2 = "2025-07-01"


@cache
def assets() -> list[dg.AssetsDefinition]:
    """Late, and with a home: importing them has dbt read its project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIIA_HOME", ".")
        from orchestration.defs import outputs
    return [*outputs.PRODUCT_ASSETS, outputs.run_record]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    place = Home(tmp_path / "home", tmp_path / "landing")
    place.landing.mkdir()
    place.prepare()
    exports.write(place.marts, exports.all_sources())
    for name in ("LIIA_HOME", "LIIA_LANDING", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "restored by monkeypatch")
    return place


@pytest.fixture
def materialise(home: Home) -> Callable[..., dg.ExecuteInProcessResult]:
    def run(
        product: str | None = None, partition: str | None = Q2, tags: dict[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        platform = Platform(root=str(home.root), landing=str(home.landing))
        chosen = dg.AssetSelection.groups(GROUPS["outputs"])
        if product:
            chosen = dg.AssetSelection.assets(dg.AssetKey(["outputs", product]))
        with dg.DagsterInstance.ephemeral() as instance:
            return dg.materialize(
                assets(),
                selection=chosen,
                partition_key=partition,
                tags=tags,
                resources={"platform": platform},
                raise_on_error=False,
                instance=instance,
            )

    return run


def checks(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], tuple[bool, str]]:
    return {
        (found.asset_key.path[-1], found.check_name): (found.passed, found.description or "")
        for found in result.get_asset_check_evaluations()
    }


def lapse(registers: Registers, product: str = "dfe") -> None:
    registers.change(
        "reference/authorisations", f"product_id == '{product}'", valid_to="2023-03-31"
    )


def test_an_asset_materialised_alone_comes_through_the_gate(
    home: Home, materialise: Callable, registers: Registers
) -> None:
    lapse(registers)
    result = materialise("dfe")
    assert not result.success
    assert result.asset_materializations_for_node("outputs__dfe") == []
    passed, said = checks(result)["dfe", "release"]
    assert not passed
    assert "mou_dfe of Department for Education ended on 31 March 2023" in said
    (found,) = [e for e in result.get_asset_check_evaluations() if e.check_name == "release"]
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert not (home.outputs / "2025-26-Q2" / "dfe").exists()
    assert not (home.registers / egress.NAME).exists()


def test_a_refused_product_does_not_hold_up_the_others(
    home: Home, materialise: Callable, registers: Registers
) -> None:
    lapse(registers)
    result = materialise()
    assert not result.success
    written = {p.name for p in (home.outputs / "2025-26-Q2").iterdir() if p.is_dir()}
    assert written == {
        *("rug", "returns", "reports", "narratives", "packs"),
        *("d2i", "adcs", "lscb"),
    }
    assert {e["product"] for e in egress.lines(home.registers / egress.NAME)} == written


def test_every_quarter_of_a_backfill_is_decided_for_itself(
    home: Home, materialise: Callable, registers: Registers
) -> None:
    registers.change("reference/authorisations", "product_id == 'rug'", quarters_from="2025-26 Q2")
    done = {key: materialise("rug", key).success for key in ("2025-01-01", "2025-04-01", Q2)}
    assert list(done.values()) == [False, False, True]
    assert {p.name for p in home.outputs.glob("*/rug/index.html")} == {"index.html"}
    assert [p.name for p in home.outputs.iterdir() if (p / "rug").exists()] == ["2025-26-Q2"]


THREE = {
    "dagster/asset_partition_range_start": "2025-01-01",
    "dagster/asset_partition_range_end": Q2,
}
SLUGS = ["2024-25-Q4", "2025-26-Q1", "2025-26-Q2"]


def test_a_range_of_quarters_is_written_in_one_run(
    home: Home, materialise: Callable, registers: Registers
) -> None:
    result = materialise(partition=None, tags=THREE)
    assert result.success
    assert sorted(path.name for path in home.outputs.iterdir()) == SLUGS
    for slug in SLUGS:
        record = json.loads((home.outputs / slug / "run.json").read_text(encoding="utf-8"))
        assert record["run_id"] == result.run_id
        written = {path.split("/")[0] for path in record["files"]}
        internal = {"rug", "returns", "reports", "narratives", "packs"}
        assert written == internal | {"d2i", "adcs", "lscb", "dfe"}
    made = result.asset_materializations_for_node("outputs__rug")
    assert {one.partition: one.metadata["quarter"].value for one in made} == {
        Quarter.parse(slug).key: Quarter.parse(slug).label for slug in SLUGS
    }
    assert len({one.metadata["egress_log"].value for one in made}) == 3
    log = [
        e["quarter"] for e in egress.lines(home.registers / egress.NAME) if e["product"] == "rug"
    ]
    assert log == [Quarter.parse(slug).label for slug in SLUGS]


def test_a_range_writes_what_one_quarter_alone_would(
    home: Home, materialise: Callable, registers: Registers
) -> None:
    def files() -> dict[str, bytes]:
        found = (home.outputs / "2025-26-Q1").glob("*/**/*")
        return {path.name: path.read_bytes() for path in found if path.is_file()}

    assert materialise(partition=None, tags=THREE).success
    in_range = files()
    assert materialise(partition="2025-04-01").success
    assert files() == in_range


def test_of_a_range_only_the_quarters_that_were_released_are_materialised(
    home: Home, materialise: Callable, registers: Registers
) -> None:
    registers.change("reference/authorisations", "product_id == 'rug'", quarters_from="2025-26 Q1")
    result = materialise("rug", None, THREE)
    made = result.asset_materializations_for_node("outputs__rug")
    assert [one.partition for one in made] == ["2025-04-01", Q2]
    assert made[0].metadata["quarter"].value == "2025-26 Q1"
    passed, said = checks(result)["rug", "release"]
    assert not passed
    assert "rug of 2024-25 Q4 was not written" in said
    assert "2025-26 Q1 was not written" not in said
    assert [p.parent.name for p in sorted(home.outputs.glob("*/rug"))] == SLUGS[1:]


def test_run_again_after_it_lapsed_an_asset_changes_nothing(
    home: Home, materialise: Callable, registers: Registers
) -> None:
    assert materialise().success
    before = {p: p.read_bytes() for p in home.outputs.rglob("dfe/*")}
    assert len(before) == 6
    lapse(registers)
    (home.marts / "fct_indicator.parquet").unlink()
    assert not materialise("dfe").success
    assert {p: p.read_bytes() for p in home.outputs.rglob("dfe/*")} == before


def test_what_is_made_on_request_is_passed_over_quietly(
    home: Home, materialise: Callable, registers: Registers
) -> None:
    registers.change("registry/products", "product_id == 'dfe'", on_request="true")
    lapse(registers)
    result = materialise()
    assert result.success
    assert checks(result)["dfe", "release"] == (True, "")
    assert not (home.outputs / "2025-26-Q2" / "dfe").exists()
    assert (home.outputs / "2025-26-Q2" / "run.json").is_file()


def test_a_notice_warns_and_the_asset_says_for_whom_it_is(
    materialise: Callable, registers: Registers
) -> None:
    registers.opt_out("E09000007", "sharing_dfe", "2025-12-31")
    result = materialise("dfe")
    assert result.success
    passed, said = checks(result)["dfe", "notices"]
    assert not passed
    assert "to be reviewed after 30 June 2024" in said
    (made,) = result.asset_materializations_for_node("outputs__dfe")
    assert "Department for Education" in made.metadata["recipients"].value
    assert made.metadata["authorities_left_out"].value == "Camden"
    assert made.metadata["egress_log"].value.startswith("line 1, ")


def small_definitions(home: Home, product: str | None = None, held: bool = False) -> dg.Definitions:
    """The products' part of the quarter's job, or one of them, marts given."""
    key = dg.AssetKey(["outputs", product]) if product else None
    return dg.Definitions(
        assets=[asset for asset in assets() if key in (None, asset.key)],
        jobs=[dg.define_asset_job("quarter", dg.AssetSelection.groups(GROUPS["outputs"]))],
        resources={"platform": Platform(root=str(home.root), landing=str(home.landing), held=held)},
        executor=dg.in_process_executor,
    )


def run_quarter(
    home: Home, monkeypatch: pytest.MonkeyPatch, product: str | None = None
) -> tuple[int, str]:
    monkeypatch.setattr(
        definitions, "build", lambda _, held: small_definitions(home, product, held)
    )
    console = Console(record=True, width=1000)
    code = runner.run_quarter(home, Quarter(2025, 2), console)
    return code, console.export_text()


def test_liia_run_ends_with_1_and_says_why_a_product_was_refused(
    home: Home, registers: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_quarter(home, monkeypatch)[0] == 0
    lapse(registers)
    code, said = run_quarter(home, monkeypatch)
    assert code == 1
    assert "outputs/dfe release: dfe of 2025-26 Q2 was not written: Authorisation mou_dfe" in said
    assert "What was released before stands unchanged." in said
    assert said.count("to be reviewed after 30 June 2024") == 1  # once, though of all products
    assert "Traceback" not in said


def test_orchestration_has_no_other_way_to_a_product() -> None:
    """import-linter keeps it from the products' modules; this from the catalogue's bytes."""
    sources = [path.read_text("utf-8") for path in (PROJECT / "orchestration").rglob("*.py")]
    assert len(sources) > 20
    for text in sources:
        assert "import catalogue" not in text
        for line in text.splitlines():
            if "exports.catalogue import" in line:
                assert line.split("import")[1].replace("Product,", "").strip(" ,") in (
                    "PRODUCTS",
                    "Product",
                    "PRODUCTS, Product",
                )


def test_releases_prints_who_gets_what_and_why_not(registers: Registers) -> None:
    from datetime import date

    lapse(registers)
    registers.opt_out("E09000007", "sharing_dfe", "2025-12-31")
    lines, sound = release_text.ruling_lines(Quarter(2025, 2), date(2026, 1, 15))
    said = "\n".join(lines)
    assert not sound
    assert "dfe: DfE quarterly CSV, 32 of 33 authorities\n  left out  Camden" in said
    assert "no        Department for Education (expired): Authorisation mou_dfe" in said
    assert "yes       The 33 London authorities: MoU 2.1 (mou_rug)" in said
    assert said.count("REFUSED") == 1


def test_the_command_prints_rulings_and_the_log(home: Home, materialise: Callable) -> None:
    done = liia("releases", "--quarter", "2025-26-Q2", "--home", home.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "yes       Department for Education: MoU 2.1 and Appendix A (mou_dfe)" in done.stdout
    none = liia("releases", "--log", "--home", home.root)
    assert none.returncode == 0
    assert "Nothing has been released" in none.stdout
    materialise("dfe")
    log = home.registers / egress.NAME
    told = liia("releases", "--log", "--home", home.root)
    assert told.returncode == 0
    assert "dfe 2025-26 Q2, 5 files, to dfe (mou_dfe: MoU 2.1 and Appendix A)" in told.stdout
    assert "1 in all, none changed or missing" in told.stdout
    log.write_bytes(log.read_bytes().replace(b"mou_dfe", b"mou_d2i"))
    broken = liia("releases", "--log", "--home", home.root)
    assert broken.returncode == 1
    assert "PROBLEM: line 1 was changed" in broken.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--quarter", "Q2"], "is not a quarter"), (["--on", "tomorrow"], "is not a day; write it")],
)
def test_releases_says_what_is_wrong_with_its_options(arguments: list[str], says: str) -> None:
    done = liia("releases", *arguments)
    assert done.returncode == 2
    assert says in done.stderr


def deliver_to(home: Home, folder: Path, make: bool = True) -> None:
    if make:
        folder.mkdir()
    home.addresses.write_text(f"london_las: {{rug: {folder}}}\n", encoding="utf-8")


def test_a_run_delivers_and_the_check_says_where(
    home: Home, materialise: Callable, tmp_path: Path
) -> None:
    deliver_to(home, tmp_path / "reads")
    result = materialise("rug")
    assert result.success
    (found,) = [e for e in result.get_asset_check_evaluations() if e.check_name == "delivery"]
    assert found.passed
    assert f"authorities, delivered: `{tmp_path / 'reads'}`" in found.metadata["deliveries"].value
    assert (tmp_path / "reads/rug/2025-26-Q2/latest.json").is_file()
    run_ids = {line["run_id"] for line in egress.lines(home.registers / egress.NAME)}
    assert run_ids == {result.run_id}


def test_a_delivery_that_fails_leaves_the_release_and_liia_run_ends_with_1(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deliver_to(home, tmp_path / "not-mounted", make=False)
    code, said = run_quarter(home, monkeypatch, "rug")
    assert code == 1
    assert "outputs/rug delivery: Not to The 33 London authorities: rug/2025-26-Q2/" in said
    assert re.search(r"rug/2025-26-Q2/\w+/\S+ did not get to", said)
    assert "Not all was delivered" in said
    assert (home.outputs / "2025-26-Q2" / "rug" / "index.html").is_file()
    (tmp_path / "not-mounted").mkdir()
    assert run_quarter(home, monkeypatch, "rug")[0] == 0


def test_a_slip_in_the_addresses_is_a_failed_check(home: Home, materialise: Callable) -> None:
    home.addresses.write_text("london_las: sftp://liia:SECRET@host", encoding="utf-8")
    result = materialise("rug")
    assert result.asset_materializations_for_node("outputs__rug")
    (found,) = [e for e in result.get_asset_check_evaluations() if e.check_name == "delivery"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "Nothing of rug was delivered" in (found.description or "")
    assert "SECRET" not in (found.description or "")


def test_the_command_delivers_again_and_the_log_tells(
    home: Home, materialise: Callable, tmp_path: Path
) -> None:
    materialise("rug")
    asked = ("deliver", "--quarter", "2025-26-Q2", "--product", "rug", "--home", home.root)
    nobody = liia(*asked)
    assert nobody.returncode == 2
    assert "delivery.yml, so nobody has an address" in nobody.stderr
    deliver_to(home, tmp_path / "reads", make=False)
    failed = liia(*asked)
    assert failed.returncode == 1
    assert "rug to The 33 London authorities, failed: rug/2025-26-Q2/" in failed.stdout
    assert re.search(r"rug/2025-26-Q2/\w+/\S+ did not get to", failed.stdout)
    (tmp_path / "reads").mkdir()
    done = liia(*asked)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"rug to The 33 London authorities, delivered: {tmp_path / 'reads'}" in done.stdout
    assert "there already" in liia(*asked).stdout
    told = liia("releases", "--log", "--home", home.root).stdout
    assert f"delivered at {tmp_path / 'reads'}/rug/2025-26-Q2/" in told
    assert "as released by line 1; run liia deliver" in told
    assert "2 in all, none changed or missing" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--quarter", "Q2"], "is not a quarter"),
        (["--quarter", "2025-26-Q2", "--product", "rag"], "'rag' is not a product; there are"),
    ],
)
def test_deliver_says_what_is_wrong_with_its_options(
    arguments: list[str], says: str, home: Home
) -> None:
    home.addresses.write_text("", encoding="utf-8")
    done = liia("deliver", *arguments, "--home", home.root)
    assert done.returncode == 2
    assert says in done.stderr
