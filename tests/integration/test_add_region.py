"""The promise of docs/add-a-region.md: seeds are all that another alliance brings.

The alliance, its codes, groups and registers are made up. Its twelve authorities are those of the
North East, so that populations and DfE's lists know them.
"""

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from exports.return_templates import participants
from ingestion.periods import Quarter
from ingestion.registry import seed
from tests.conftest import PROJECT, Run, liia, liia_run
from tests.integration.test_add_indicator import PACKAGES

REGION, QUARTER = "E12000001", "2025-26-Q2"
SHORT = {
    "E06000001": "HPL",
    "E06000002": "MBR",
    "E06000003": "RCC",
    "E06000004": "STO",
    "E06000005": "DAR",
    "E06000047": "DUR",
    "E06000057": "NLD",
    "E08000021": "NCL",
    "E08000022": "NTY",
    "E08000023": "STY",
    "E08000024": "SUN",
    "E08000037": "GAT",
}
CODES = list(SHORT)
SUB_REGIONS = {"Tees": CODES[:5], "Coast": CODES[5:9], "Tyne": CODES[9:]}
CLUSTERS = {"cluster_south": CODES[:6], "cluster_north": CODES[6:]}

Row = dict[str, str]


class Seeds:
    """The seed CSVs of a copy of the project, changed as somebody with an editor would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def replace(self, name: str, change: Callable[[list[Row]], list[Row]]) -> None:
        path = self.folder / f"{name}.csv"
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            header, rows = list(reader.fieldnames or ()), list(reader)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(change(rows))

    def write(self, name: str, rows: list[Row]) -> None:
        self.replace(name, lambda _: rows)

    def reword(self, name: str, words: dict[str, str]) -> None:
        def reworded(row: Row) -> Row:
            for old, new in words.items():
                row = {column: cell.replace(old, new) for column, cell in row.items()}
            return row

        self.replace(name, lambda rows: [reworded(row) for row in rows])


def _in_order_of_the_guide(seeds: Seeds) -> None:
    """Every seed that docs/add-a-region.md names, as it says."""
    noted = {"status": "assumed", "source": "Made up for a test"}
    seeds.write(
        "reference/alliance",
        [
            {
                "short_name": "NEIA",
                "name": "North East Improvement Alliance",
                "region_code": REGION,
                "region_in_text": "the North East",
                "example": "E06000005",
                **noted,
            }
        ],
    )
    seeds.replace(
        "reference/local_authorities",
        lambda rows: [
            row
            | {
                "short_code": SHORT.get(row["new_la_code"], ""),
                "is_london": str(row["new_la_code"] in SHORT).lower(),
            }
            for row in rows
        ],
    )
    seeds.write(
        "reference/sub_regions",
        [
            {
                "new_la_code": code,
                "sub_region": name,
                "membership_status": "inferred",
                "basis": "Made up for a test",
                "valid_from": "2018-04-01",
            }
            for name, codes in SUB_REGIONS.items()
            for code in codes
        ],
    )
    own = [
        ("london", "North East", "area", REGION),
        *((f"sub_region_{n.lower()}", f"{n} sub-region", "sub_region", n) for n in SUB_REGIONS),
        *((c, c.replace("_", " ").capitalize(), "listed", "") for c in CLUSTERS),
    ]
    seeds.replace(
        "reference/comparison_groups",
        lambda rows: (
            [
                {
                    "comparison_group": code,
                    "group_order": str(place),
                    "label": label,
                    "members_from": members_from,
                    "members_key": key,
                    "headline_method": "pooled",
                    "is_ranked_in_fifths": str(code == "london").lower(),
                    "sources": "return|published|chat",
                    **noted,
                }
                for place, (code, label, members_from, key) in enumerate(own, 1)
            ]
            + [r for r in rows if r["comparison_group"] in ("neighbours_2025", "england")]
        ),
    )
    dated = {"valid_from": "2018-04-01", **noted}
    seeds.write(
        "reference/comparison_group_members",
        [
            {"comparison_group": cluster, "new_la_code": code, **dated}
            for cluster, codes in CLUSTERS.items()
            for code in codes
        ],
    )
    seeds.write(
        "reference/statistical_neighbours",
        [
            {
                "model_version": "2025-05",
                "new_la_code": code,
                "neighbour_rank": str(rank),
                "neighbour_la_code": neighbour,
                "closeness": "close",
                "neighbour_in_london": "true",
                "source": "Made up for a test",
            }
            for code in CODES
            for rank, neighbour in enumerate([c for c in CODES if c != code][:10], 1)
        ],
    )

    def twelve(rows: list[Row]) -> list[Row]:
        first = rows[0]["new_la_code"]
        of_one = [row for row in rows if row["new_la_code"] == first]
        return [row | {"new_la_code": code} | noted for row in of_one for code in CODES]

    seeds.replace("reference/participation", twelve)
    seeds.replace("reference/agreements", twelve)
    seeds.replace(
        "reference/expected_rows",
        lambda rows: [r | {"authorities": r["authorities"].replace("33", "12")} for r in rows],
    )
    words = {
        "LIIA": "NEIA",
        "London Councils": "Made up for a test",
        "the 33 London": "the 12 North East",
        "all 33": "all 12",
        "all-London": "all-North East",
        "its place in London": "its place in the North East",
        "for London": "for the North East",
        "with London": "with the North East",
        "the London authorities": "the North East authorities",
        "London’s figures": "the North East’s figures",
        "in London": "in the North East",
        "Greater London Authority and Transport for London": "A combined authority",
        "Health bodies of London": "Health bodies of the North East",
        "The 33 London": "The 12 North East",
        "all London": "all North East",
        "London: ": "North East: ",
        "london_value": "north_east_value",
        "london_authorities": "north_east_authorities",
    }
    for name in ("recipients", "agreement_versions", "annual_events", "priority_themes"):
        seeds.reword(f"reference/{name}", words)
    for name in ("products", "product_columns"):
        seeds.reword(f"registry/{name}", words)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("region") / "project"
    ignore = shutil.ignore_patterns("target", "logs", "__pycache__")
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, copy / package, ignore=ignore)
    _in_order_of_the_guide(Seeds(copy / "dbt_project" / "seeds"))
    return copy


@pytest.fixture(scope="module")
def region_run(project: Path) -> Run:
    landing = project.parent / "landing"
    done = liia("demo", "--dest", landing, project=project)
    assert done.returncode == 0, done.stderr
    # Of a demo's files as many as its pages need: the reading of the rest is tested elsewhere.
    for folder in (*sorted((landing / "returns").iterdir())[:-4], *(landing / "annex_a").iterdir()):
        kept = folder.parent.name == "annex_a" and folder.name == QUARTER
        for gone in sorted(folder.iterdir())[1:] if kept else [folder]:
            shutil.rmtree(gone)
    run = liia_run(QUARTER, landing, project.parent / "home", project=project)
    assert run.code == 0, run.output
    return run


@pytest.fixture(scope="module")
def outputs(region_run: Run) -> Path:
    return region_run.home / "outputs" / QUARTER


def _told_of_london(text: str) -> set[str]:
    """London's names in a text; not the clock, nor where DfE's formulas were tried out."""
    las = seed("reference/local_authorities").query("is_london == 'true'")
    names = [*las["la_name"], *las["new_la_code"], "LIIA", "London", "E1300000", "E12000007"]
    said = rf"(?<!Europe/)\b(?:{'|'.join(map(re.escape, names))})|\b33\b (?:London|auth)"
    for basis in seed("registry/indicators")["definition_basis"]:
        text = text.replace(basis, "")
    return set(re.findall(said, text))


def _texts(outputs: Path) -> Iterator[tuple[str, str]]:
    """Every file that a reader is given, as text: pages, tables, and the parts of office files."""
    for path in sorted(outputs.rglob("*")):
        name = str(path.relative_to(outputs))
        if path.suffix in (".xlsx", ".docx"):
            with zipfile.ZipFile(path) as parts:
                for part in parts.namelist():
                    if part.endswith((".xml", ".rels")):
                        yield f"{name}: {part}", parts.read(part).decode("utf-8")
        elif path.suffix == ".parquet":
            yield name, pd.read_parquet(path).to_csv()
        elif path.is_file() and path.suffix not in (".pdf", ".png") and "plotly" not in path.name:
            yield name, path.read_text(encoding="utf-8")


def test_no_text_speaks_of_london_or_its_authorities(outputs: Path) -> None:
    texts = dict(_texts(outputs))
    assert len(texts) > 100
    assert {name: told for name, text in texts.items() if (told := _told_of_london(text))} == {}


def test_pages_speak_of_the_region(outputs: Path) -> None:
    first = (outputs / "reports" / "index.html").read_text(encoding="utf-8")
    assert "Children’s services in the North East, 2025-26 Q2" in first
    assert '<a href="north_east.html">North East overview</a>' in first
    overview = (outputs / "reports" / "north_east.html").read_text(encoding="utf-8")
    assert "<h1>North East overview, 2025-26 Q2</h1>" in overview
    assert "<p>The North East is the sum of numerators" in overview
    assert all(la in overview for la in ("Darlington", "County Durham"))
    status = (outputs / "returns" / "index.html").read_text(encoding="utf-8")
    assert all(f'"{code}.html"' in status for code in SHORT.values())


def test_each_of_the_twelve_has_its_pages(outputs: Path) -> None:
    for product in ("reports", "rug", "returns"):
        pages = {path.stem for path in (outputs / product).glob("[A-Z][A-Z][A-Z].html")}
        assert pages == set(SHORT.values())
    assert {path.stem for path in (outputs / "packs").glob("cluster_*.html")} == set(CLUSTERS)


def test_twelve_are_compared_with_their_own_region(region_run: Run) -> None:
    rug = region_run.mart("mart_tartan_rug").query(
        "source == 'return' and period_label == '2025-26 Q2' and indicator_code == 'referrals'"
    )
    assert set(rug["new_la_code"]) == set(CODES)
    assert rug["inner_value"].isna().all()
    assert rug["outer_value"].isna().all()
    numerator, denominator = rug["numerator"].sum(), rug["denominator"].sum()
    assert rug["london_value"].to_list() == pytest.approx([numerator / denominator * 10_000] * 12)
    assert rug["n"].to_list() == [12] * 12
    # A fifth of twelve, upwards and downwards.
    assert rug["band"].value_counts().sort_index().loc[[1, 5]].to_list() == [3, 3]
    groups = set(region_run.mart("fct_comparison")["comparison_group"])
    assert {"london", "sub_region_tyne", *CLUSTERS, "neighbours_2025"} <= groups
    assert not {"inner_london", "outer_london"} & groups
    published = region_run.mart("mart_tartan_rug").query("source == 'published'")
    assert published["london_value"].notna().any()
    assert published[["inner_value", "outer_value"]].isna().all(axis=None)


def test_files_for_others_name_the_region(outputs: Path) -> None:
    (data,) = (outputs / "dfe").glob("synthetic_riia_north_east_202526_q2.csv")
    rows = pd.read_csv(data)
    assert set(rows["region_code"]) == {REGION}
    assert set(rows["region_name"]) == {"North East"}
    assert set(rows["new_la_code"].dropna()) == set(CODES)
    assert (rows["geographic_level"] == "Regional").any()
    assert liia("screen", data).returncode == 0
    (feed,) = (outputs / "d2i").glob("*_q2.csv")
    assert pd.to_numeric(pd.read_csv(feed)["north_east_value"], errors="coerce").notna().any()


def test_registers_decide_as_for_london(outputs: Path) -> None:
    given = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        for path in outputs.glob("*/manifest.json")
    }
    assert given["dfe"]["authorities"] == {"included": 12, "of": 12, "left_out": []}
    assert [one["recipient"] for one in given["dfe"]["recipients"]] == ["dfe"]
    assert [one["recipient"] for one in given["rug"]["recipients"]] == ["london_las"]


def test_templates_are_written_for_the_twelve(project: Path, region_run: Run) -> None:
    dest = project.parent / "templates"
    done = liia(
        *("template", "--quarter", QUARTER, "--dest", dest, "--home", region_run.home),
        project=project,
    )
    assert done.returncode == 0, done.stderr
    assert len(list(dest.glob("*/*.xlsx"))) == 12
    assert len(participants(Quarter.parse(QUARTER))) == 33, "in this process London is served"
    stranger = liia(
        *("template", "--quarter", QUARTER, "--la", "CAM", "--dest", dest), project=project
    )
    assert stranger.returncode == 2
    assert "write it like DAR, E06000005 or Darlington" in stranger.stderr


def test_an_alliance_that_names_a_stranger_is_told(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("target", "logs"))
    seeds = Seeds(copy / "dbt_project" / "seeds")
    seeds.replace("reference/alliance", lambda rows: [rows[0] | {"not_ranked": "E09000001"}])
    done = liia("template", "--quarter", QUARTER, "--dest", tmp_path / "none", project=copy)
    assert done.returncode == 1
    assert done.stderr.startswith("seeds/reference/alliance.csv names E09000001")
