"""The catalogue: every product is in the registry and reads only what it declares."""

from pathlib import Path
from shutil import copy

import pytest

from exports import appendix_b
from exports.catalogue import PRODUCTS, CannotHide, CannotLeaveOut, content
from ingestion.periods import Quarter
from ingestion.registry import seed
from tests.unit.exports.release.registers import Registers, made_up_registers
from tests.unit.exports.written import audience

__all__ = ["made_up_registers"]


def test_titles_come_from_the_registry() -> None:
    titles = seed("registry/products").set_index("product_id")["title"]
    assert {key: p.title for key, p in PRODUCTS.items()} == titles[list(PRODUCTS)].to_dict()
    assert all(p.description and p.product_id == key for key, p in PRODUCTS.items())


@pytest.mark.parametrize("product_id", list(PRODUCTS))
def test_a_product_reads_only_the_marts_it_declares(
    product_id: str, marts: Path, tmp_path: Path
) -> None:
    product = PRODUCTS[product_id]
    (tmp_path / "marts").mkdir()
    for name in product.marts:
        copy(marts / f"{name}.parquet", tmp_path / "marts")
    who = audience(product_id, tmp_path / "given")
    made = content(tmp_path / "marts", Quarter(2025, 2), who)
    if product_id == appendix_b.PRODUCT:  # by decision of LCIIB alone, and there is none
        assert not made.files
        return
    assert all(made.files.values())
    assert made.releases
    assert "none" not in made.releases


@pytest.mark.parametrize("product_id", ["rug", "returns", "reports"])
def test_a_product_of_all_authorities_is_not_made_without_one(product_id: str, marts: Path) -> None:
    with pytest.raises(CannotLeaveOut, match="cannot leave out Camden"):
        content(marts, Quarter(2025, 2), audience(product_id, marts, without=["E09000007"]))


@pytest.mark.parametrize("product_id", ["rug", "returns", "reports"])
def test_a_product_that_hides_nothing_is_not_made_under_a_profile_that_hides(
    product_id: str, marts: Path, registers: Registers
) -> None:
    where = "profile_id == 'internal_london'"
    registers.change("registry/release_profiles", where, threshold="5", protection="3")
    with pytest.raises(CannotHide, match="internal_london hides figures"):
        content(marts, Quarter(2025, 2), audience(product_id, marts))
