"""What goes to DfE (wide), Data to Insight, ADCS, the executive and projects: whose, no more."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from exports import adcs, appendix_b, d2i, dfe, lscb
from exports.catalogue import PRODUCTS
from exports.disclosure import DisclosureError
from exports.files import Content
from exports.marts import LONDON, current_set
from exports.pooled import pooled
from exports.release.given import Given
from exports.release.screened import NotStandard, screened
from ingestion.periods import Quarter
from ingestion.registry import seed
from tests.unit.exports.conftest import indicators
from tests.unit.exports.release.registers import Registers, made_up_registers
from tests.unit.exports.written import audience

__all__ = ["made_up_registers"]

Q2 = Quarter(2025, 2)
CAMDEN, BARNET = "E09000007", "E09000003"
MAKE = {
    "dfe": dfe.dfe_content,
    "d2i": d2i.d2i_content,
    "adcs": adcs.adcs_content,
    "lscb": lscb.lscb_content,
}


@pytest.fixture
def make(marts: Path, tmp_path: Path) -> Callable[..., Content]:
    def made(product: str, where: Path = marts, without: tuple[str, ...] = ()) -> Content:
        return MAKE[product](where, Q2, audience(product, tmp_path / "given", without))

    return made


def readable(name: str, data: str | bytes) -> str:
    """All the text of a file, whatever its kind."""
    if isinstance(data, str):
        return data
    if name.endswith(".parquet"):
        return pq.read_table(io.BytesIO(data)).to_pandas().to_csv()
    book = load_workbook(io.BytesIO(data))
    return "\n".join(
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
    )


def table(content: Content, ending: str) -> pd.DataFrame:
    (name,) = (n for n in content.files if n.endswith(ending) and ".meta" not in n)
    text = content.files[name]
    assert isinstance(text, str)
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


@pytest.mark.parametrize("product", MAKE)
def test_what_is_handed_out_passes_dfes_checks_and_is_the_same_twice(
    product: str, make: Callable[..., Content]
) -> None:
    content = make(product)
    screened(content)
    assert make(product).files == content.files


@pytest.mark.parametrize("product", MAKE)
def test_an_authority_that_opted_out_is_nowhere(product: str, make: Callable[..., Content]) -> None:
    everybody, others = make(product), make(product, without=(CAMDEN,))
    assert everybody.files.keys() == others.files.keys()
    for name, data in others.files.items():
        said = readable(name, data)
        assert CAMDEN not in said, name
        # The pack names who is left out, and only there.
        assert said.count("Camden") == (1 if name.endswith(".xlsx") else 0), name
    column = "london_authorities" if product == "d2i" else "authorities"
    over = [
        pd.to_numeric(table(one, "q2.csv")[column], errors="coerce") for one in (everybody, others)
    ]
    assert 0 < over[1].max() <= 32 < over[0].max()
    # London without it is another London, and says over how many it is.
    assert table(everybody, "q2.csv")["value"].tolist() != table(others, "q2.csv")["value"].tolist()


def test_a_csv_without_meta_or_against_the_standard_is_stopped(
    make: Callable[..., Content],
) -> None:
    content = make("dfe")
    data, meta, *_ = content.files
    with pytest.raises(NotStandard, match=rf"{data}"):
        screened(Content({data: content.files[data]}))
    wrong = str(content.files[data]).replace("Financial year Q2", "Quarter 2")
    with pytest.raises(NotStandard, match="time_id"):
        screened(Content({data: wrong, meta: content.files[meta]}))


def test_the_wide_form_says_what_the_long_one_says(make: Callable[..., Content]) -> None:
    content = make("dfe")
    long, wide = table(content, "q2.csv"), table(content, "wide.csv")
    codes = current_set(Q2)["indicator_code"].tolist()
    assert wide.columns[-len(codes) :].tolist() == codes
    assert len(wide) == 34
    stacked = wide.melt(["new_la_code", "geographic_level"], codes, "indicator_code")
    both = stacked.merge(long, on=["new_la_code", "geographic_level", "indicator_code"])
    assert len(both) == len(long)
    assert (both["value_x"] == both["value_y"]).all()


def test_adcs_has_london_and_no_authority(make: Callable[..., Content], marts: Path) -> None:
    content = make("adcs")
    rows = table(content, "q2.csv")
    assert set(rows["geographic_level"]) == {"Regional"}
    assert rows["indicator_code"].tolist() == current_set(Q2)["indicator_code"].tolist()
    las = pd.read_parquet(marts / "dim_local_authority.parquet").query("is_london")
    text = "".join(str(data) for data in content.files.values())
    assert not any(code in text for code in las["new_la_code"])
    assert content.releases == ("R1",)


def consistent(rows: pd.DataFrame) -> pd.DataFrame:
    """As marts are: one measure has one value wherever it stands, and London is a sum."""
    rows = rows[rows["source"] == "return"]
    las = rows[(rows["new_la_code"] != LONDON) & (rows["value_status"] == "ok")].copy()
    referrals = las[las["indicator_code"] == "referrals"].set_index("new_la_code")["numerator"]
    repeat = las["indicator_code"] == "repeat_referrals_pct"
    below = las.loc[repeat, "new_la_code"].map(referrals)
    las.loc[repeat, "denominator"], las.loc[repeat, "numerator"] = below, (below / 5).round()
    las.loc[repeat, "value"] = 100 * las["numerator"] / las["denominator"]
    multipliers = indicators().set_index("indicator_code")["multiplier"]
    together = pooled(las, ["indicator_code"], multipliers)
    london = rows[rows["new_la_code"] == LONDON].drop(columns=together.columns)
    return pd.concat([las, london.merge(together.reset_index(), on="indicator_code")])


def small(rows: pd.DataFrame, code: str = "cla") -> pd.DataFrame:
    """The same figures, but that a single authority has any of one kind, and has three."""
    rows = rows.reset_index(drop=True)
    of_code = (rows["indicator_code"] == code) & (rows["source"] == "return")
    rows.loc[of_code, "numerator"] = 0.0
    rows.loc[of_code & rows["new_la_code"].isin([BARNET, LONDON]), "numerator"] = 3.0
    rows.loc[of_code, "value"] = rows["numerator"] / rows["denominator"] * 10_000
    return rows


def test_a_small_count_of_london_is_hidden_from_adcs(
    make: Callable[..., Content], rows: pd.DataFrame, write_marts: Callable[..., Path]
) -> None:
    content = make("adcs", write_marts(small(rows)))
    hidden = table(content, "q2.csv").set_index("indicator_code").loc["cla"]
    assert hidden[["numerator", "denominator", "value"]].tolist() == ["c", "c", "c"]
    assert (table(make("adcs"), "q2.csv").set_index("indicator_code").loc["cla"] != "c").all()


def test_what_was_given_before_is_not_undone_by_a_correction(
    make: Callable[..., Content],
    rows: pd.DataFrame,
    write_marts: Callable[..., Path],
    tmp_path: Path,
) -> None:
    """What is released again is the same; what has changed knows what was given."""
    first = make("adcs", write_marts(small(rows)))
    given = Given(tmp_path / "given")
    for recipient, publication in first.publications.items():
        given.keep(recipient, publication)
        given.keep(recipient, publication)
    assert [one.product_id for one in given.to(["adcs"])] == ["adcs"]
    assert given.to(["dfe"]) == []
    kept = given.to(["adcs"])[0].cells
    printed = kept[kept["printed"] & (kept["value_status"] == "c")]
    assert len(printed)
    assert printed["value"].isna().all()
    assert make("adcs", write_marts(small(rows))).files == first.files


def test_d2i_sets_london_neighbours_and_england_beside_each_figure(
    make: Callable[..., Content], marts: Path
) -> None:
    rows = table(make("d2i"), "q2.csv")
    facts = pd.read_parquet(marts / "fct_indicator.parquet")
    returned = facts[(facts["source"] == "return") & facts["is_current"]]
    returned = returned[returned["period_label"] == Q2.label]
    one = rows[(rows["new_la_code"] == CAMDEN) & (rows["indicator_code"] == "referrals")].iloc[0]
    model = seed("reference/statistical_neighbours")
    mine = model[(model["new_la_code"] == CAMDEN) & model["model_version"].str.startswith("2025")]
    theirs = returned[
        (returned["indicator_code"] == "referrals")
        & returned["new_la_code"].isin(mine["neighbour_la_code"])
        & (returned["value_status"] == "ok")
    ]
    assert int(one["neighbours_used"]) == len(theirs) > 0
    expected = 10_000 * theirs["numerator"].sum() / theirs["denominator"].sum()
    assert float(one["neighbours_value"]) == pytest.approx(expected, abs=0.05)
    london = returned[(returned["new_la_code"] == LONDON)].set_index("indicator_code")
    assert float(one["london_value"]) == pytest.approx(london.loc["referrals", "value"], abs=0.05)


def test_the_feed_keeps_its_contract(make: Callable[..., Content]) -> None:
    """The descriptor describes what is there: names, order, types, keys, and no other gap."""
    content = make("d2i")
    package = json.loads(content.files["datapackage.json"])
    assert package["version"] == d2i.SCHEMA
    csv, parquet = package["resources"]
    data = pd.read_csv(io.StringIO(content.files[csv["path"]]), dtype=str, keep_default_na=False)
    fields = csv["schema"]["fields"]
    assert data.columns.tolist() == [field["name"] for field in fields]
    assert not data.duplicated(csv["schema"]["primaryKey"]).any()
    for field in fields:
        values = data.loc[~data[field["name"]].isin(csv["schema"]["missingValues"]), field["name"]]
        if field["type"] == "integer":
            assert values.str.fullmatch(r"\d+").all(), field["name"]
        if field["type"] == "number":
            assert values.astype(float).notna().all()
    typed = pq.read_table(io.BytesIO(content.files[parquet["path"]]))
    assert typed.column_names == [field["name"] for field in parquet["schema"]["fields"]]
    kinds = {"string": "string", "number": "double", "integer": "int64"}
    for field, described in zip(typed.schema, parquet["schema"]["fields"], strict=True):
        assert str(field.type) == kinds[described["type"]]
    frame = typed.to_pandas()
    assert (frame["value"].notna() == (frame["value_status"] == "ok")).all()
    assert [f["name"] for f in fields] == [
        *["time_period", "time_identifier", "geographic_level", "country_code", "country_name"],
        *["region_code", "region_name", "old_la_code", "new_la_code", "la_name"],
        *["indicator_code", "indicator", "unit", "numerator", "denominator", "value"],
        *["london_value", "london_authorities", "neighbours_value", "neighbours_used"],
        *["england_value", "england_time_period"],
    ], "a change of the contract: raise exports.d2i.SCHEMA and this list"
    assert d2i.SCHEMA == "1.0"


def test_the_pack_reads_as_the_csv_beside_it(
    make: Callable[..., Content], rows: pd.DataFrame, write_marts: Callable[..., Path]
) -> None:
    areas = pd.read_parquet(write_marts(rows) / "dim_local_authority.parquet")
    content = make("lscb")
    (name,) = (n for n in content.files if n.endswith(".xlsx"))
    book = load_workbook(io.BytesIO(content.files[name]))
    marking = "LIIA internal: limited use (MoU 2.1)"
    assert book.properties.subject == marking
    for sheet in book:
        assert sheet["A2"].value == marking
        assert marking in str(sheet.oddFooter.left.text)
        cells = [cell for line in sheet.iter_rows() for cell in line]
        assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    sheet = book["Authorities"]
    heads = [cell.value for cell in sheet[4]][2:]
    labels = [cell.value for cell in sheet["A"]][4:]
    data = table(content, "q2.csv")
    data["la"] = data["la_name"].where(data["new_la_code"] != "", "London")
    printed = data.set_index(["indicator", "la"])["value"]
    assert len(labels) * len(heads) == len(data)
    assert set(heads) == {"London"} | set(areas.query("is_london")["la_name"])
    for row, label in enumerate(labels, start=5):
        for column, la in enumerate(heads, start=3):
            cell, text = sheet.cell(row, column).value, printed[label, la]
            assert cell == (float(text) if isinstance(cell, int | float) else text), (label, la)


def test_a_project_gets_the_indicators_of_its_decision_alone(
    registers: Registers,
    rows: pd.DataFrame,
    write_marts: Callable[..., Path],
    tmp_path: Path,
) -> None:
    marts = write_marts(consistent(rows))
    for recipient, number in (("lga", "1"), ("ifs", "2")):
        registers.authorise(
            recipient,
            "appendix_b",
            authorisation=f"a{number}",
            indicator_set="riia_2018_18" if number == "1" else "riia_2022_31",
        )
    content = appendix_b.appendix_b_content(marts, Q2, audience("appendix_b", tmp_path / "given"))
    screened(content)
    assert set(content.only_for.values()) == {"lga", "ifs"}
    assert content.only_for.keys() == content.files.keys()
    members = seed("registry/indicator_set_members")
    for name, recipient in content.only_for.items():
        if ".meta" in name:
            continue
        assert recipient in name
        data = pd.read_csv(io.StringIO(str(content.files[name])), dtype=str, keep_default_na=False)
        wanted = "riia_2018_18" if recipient == "lga" else "riia_2022_31"
        allowed = set(members.loc[members["set_id"] == wanted, "indicator_code"])
        assert set(data["indicator_code"]) == allowed
        counts = pd.to_numeric(data.loc[data["unit"] == "Number", "value"], errors="coerce")
        assert not counts.between(1, 5).any()


def test_what_cannot_be_protected_does_not_leave(
    registers: Registers,
    rows: pd.DataFrame,
    write_marts: Callable[..., Path],
    tmp_path: Path,
) -> None:
    """The count was given before the profile hid it: it is known, and stays known."""
    profile = "profile_id == 'd2i'"
    marts = write_marts(small(consistent(rows)))
    who = audience("d2i", tmp_path / "given")
    for recipient, publication in d2i.d2i_content(marts, Q2, who).publications.items():
        who.given.keep(recipient, publication)
    registers.change(
        "registry/release_profiles", profile, threshold="5", secondary="true", protection="3"
    )
    with pytest.raises(DisclosureError, match="given before"):
        d2i.d2i_content(marts, Q2, who)
    # Whoever had nothing yet may have it, with the count hidden.
    fresh = d2i.d2i_content(marts, Q2, audience("d2i", tmp_path / "nothing"))
    data = table(fresh, "q2.csv")
    barnet = data[(data["new_la_code"] == BARNET) & (data["indicator_code"] == "cla")]
    assert barnet[["numerator", "value"]].to_numpy().tolist() == [["c", "c"]]


def test_figures_that_contradict_each_other_do_not_leave(
    registers: Registers, rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    registers.change(
        "registry/release_profiles",
        "profile_id == 'd2i'",
        threshold="5",
        secondary="true",
        protection="3",
    )
    marts = write_marts(small(rows[rows["source"] == "return"]))
    with pytest.raises(DisclosureError, match="contradict each other"):
        d2i.d2i_content(marts, Q2, audience("d2i", tmp_path / "given"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_nothing_that_is_handed_out_runs_in_a_spreadsheet(
    start: str,
    make: Callable[..., Content],
    rows: pd.DataFrame,
    write_marts: Callable[..., Path],
) -> None:
    marts = write_marts(rows)
    path = marts / "dim_local_authority.parquet"
    areas = pd.read_parquet(path)
    areas.loc[areas["new_la_code"] == CAMDEN, "la_name"] = f"{start}HYPERLINK(1)"
    areas.to_parquet(path)
    for product in ("dfe", "d2i", "lscb"):
        named = set(table(make(product, marts), "q2.csv")["la_name"])
        assert f"'{start}HYPERLINK(1)" in named
        assert not any(name.startswith(start) for name in named if name)
    content = make("lscb", marts)
    (name,) = (n for n in content.files if n.endswith(".xlsx"))
    sheet = load_workbook(io.BytesIO(content.files[name]))["Authorities"]
    (cell,) = (c for c in sheet[4] if "HYPERLINK" in str(c.value))
    assert cell.data_type == "s"


def test_who_is_given_it_later_is_attacked_with_what_they_hold(
    registers: Registers, rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    """A second recipient of what was protected for the first has the count from elsewhere."""
    marts = write_marts(small(consistent(rows)))
    given = Given(tmp_path / "given")
    (shown,) = d2i.d2i_content(marts, Q2, audience("d2i", given.folder)).publications.values()
    registers.change(
        "registry/release_profiles",
        "profile_id == 'd2i'",
        threshold="5",
        secondary="true",
        protection="3",
    )
    (hidden,) = d2i.d2i_content(marts, Q2, audience("d2i", given.folder)).publications.values()
    given.keep("d2i", hidden)
    d2i.d2i_content(marts, Q2, audience("d2i", given.folder))
    given.keep("newcomer", shown)
    registers.authorise("newcomer", "d2i")
    with pytest.raises(DisclosureError, match="can be worked out"):
        d2i.d2i_content(marts, Q2, audience("d2i", given.folder))


def test_the_pack_names_the_lowest_and_highest_of_those_that_are_compared(
    make: Callable[..., Content], marts: Path
) -> None:
    content = make("lscb")
    (name,) = (n for n in content.files if n.endswith(".xlsx"))
    sheet = load_workbook(io.BytesIO(content.files[name]))["London"]
    of_row = {line[1]: line for line in sheet.iter_rows(min_row=5, values_only=True)}
    compared = pd.read_parquet(marts / "fct_comparison.parquet").query("source == 'return'")
    compared = compared[compared["period_label"] == Q2.label].dropna(subset="rank")
    data = table(content, "q2.csv")
    checked = 0
    for code, of_code in data[data["la_name"] != ""].groupby("indicator_code"):
        ranked = compared.loc[compared["indicator_code"] == code, "new_la_code"]
        values = of_code.loc[of_code["new_la_code"].isin(ranked)].set_index("la_name")["value"]
        line = of_row[of_code["indicator"].iloc[0]]
        if values.empty:
            assert line[5:] == (None,) * 5
            continue
        numbers = values.astype(float)
        assert (line[5], line[8]) == (numbers.min(), numbers.max())
        assert (numbers[line[6]], numbers[line[9]]) == (line[5], line[8])
        checked += 1
    assert checked >= 3
    assert "City of London" not in {cell for line in of_row.values() for cell in (line[6], line[9])}


# Columns of marts that can be changed without another row being meant, and what to make of them.
CHANGES: dict[str, dict[str, Callable[[pd.Series], pd.Series]]] = {
    "words": {
        "dim_local_authority.la_name": lambda names: names + " again",
        "dim_indicator.label": lambda labels: labels + " again",
        "fct_indicator.n_authorities": lambda count: count + 1,
    },
    "figures": {"fct_indicator.numerator": lambda numbers: numbers * 3 + 1},
    "places": {"dim_indicator.decimals": lambda places: places + 1},
}


@pytest.mark.parametrize("changed", CHANGES)
def test_a_column_is_made_of_what_the_lineage_says(
    changed: str, make: Callable[..., Content], marts: Path, tmp_path: Path
) -> None:
    """Change columns of marts: what changes in the product names them, and the other way round."""
    before = table(make("d2i"), "q2.csv")
    copied = tmp_path / "changed"
    shutil.copytree(marts, copied)
    for origin, change in CHANGES[changed].items():
        mart, column = origin.split(".")
        frame = pd.read_parquet(copied / f"{mart}.parquet")
        frame[column] = change(frame[column])
        frame.to_parquet(copied / f"{mart}.parquet")
    after = table(make("d2i", copied), "q2.csv")
    different = {name for name in before if before[name].tolist() != after[name].tolist()}
    origins = PRODUCTS["d2i"].origins
    # London is pooled anew only where an authority is left out; England's were not published here.
    naming = {name for name, made_of in origins.items() if set(made_of) & set(CHANGES[changed])}
    assert different == naming - ({"london_value"} if changed == "figures" else {"england_value"})
    assert list(origins) == list(before)


def test_every_column_that_is_handed_out_says_what_it_is_made_of(marts: Path) -> None:
    assert {name for one in PRODUCTS.values() for name in one.columns} == set(d2i.ORIGINS)
    for product in PRODUCTS.values():
        for origin in set().union(*product.origins.values()):
            mart, column = origin.split(".")
            assert mart in product.marts, product.product_id
            assert column in pq.read_schema(marts / f"{mart}.parquet").names, origin
