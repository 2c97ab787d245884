"""The page for whoever receives a product: what it is, for whom, and what is not in it."""

import pytest

from exports.release.readme import readme
from tests.unit.exports.release.registers import Registers

MANIFEST = {
    "title": "DfE quarterly CSV",
    "marking": "LIIA shared with DfE under MoU 2.1",
    "quarter": "2025-26 Q2",
    "grain": "la",
    "release_profile": "dfe_riia",
    "recipients": [
        {"recipient": "dfe", "name": "Department for Education", "reference": "MoU 2.1"}
    ],
    "authorities": {"included": 32, "of": 33, "left_out": ["Camden"]},
    "files": {"riia.csv": {"rows": 1240}, "riia.meta.csv": {"rows": 9}, "index.html": {}},
}


def test_it_says_what_it_is_for_whom_and_what_is_in_it() -> None:
    page = readme(MANIFEST)
    assert page.startswith("# DfE quarterly CSV, 2025-26 Q2\n\n**LIIA shared with DfE under MoU")
    for said in (
        "Do not pass it on",
        "Ask the LIIA data team",
        "- Department for Education: MoU 2.1",
        "Figures of 32 of the 33 London authorities. Left out, since they take no part in this "
        "sharing: Camden.",
        "Small counts are not hidden. Counts are not rounded.",
        "- `riia.csv`: table of 1,240 rows",
        "- `riia.meta.csv`: what the columns of `riia.csv` mean",
        "- `index.html`: page, opens in a browser",
        "- `c`: Suppressed by the publisher",
        "- `x`: The source does not hold",
    ):
        assert said in page
    assert page == readme(MANIFEST)


def test_it_says_what_a_profile_hides_and_rounds(registers: Registers) -> None:
    assert (
        "Counts from 1 to 5 are hidden (`c`). So are further figures from which a hidden count "
        "could be worked out. Counts of London are rounded to the nearest 10."
    ) in readme(MANIFEST | {"release_profile": "public"})
    registers.change(
        "registry/release_profiles", "profile_id == 'public'", shows_zero="false", la_rounding="5"
    )
    page = readme(MANIFEST | {"release_profile": "public"})
    assert "Counts from 0 to 5" in page
    assert "Counts of authorities are rounded to the nearest 5." in page


def test_of_london_as_a_whole_it_speaks_of_no_authorities_figures() -> None:
    page = readme(MANIFEST | {"grain": "aggregate"})
    assert "London as a whole, over 32 of the 33 London authorities." in page


def test_a_page_that_explains_itself_needs_no_symbols() -> None:
    assert "symbol" not in readme(MANIFEST | {"files": {"index.html": {}}})


@pytest.mark.parametrize("hidden", ["dfe.csv", "lga.csv", "Department", "Local Government"])
def test_where_files_are_for_one_alone_it_names_no_file_and_nobody(hidden: str) -> None:
    named = [*MANIFEST["recipients"], {"recipient": "lga", "name": "Local Government Association"}]
    files = {f"{one}.csv": {"rows": 1, "only_for": one} for one in ("dfe", "lga")}
    page = readme(MANIFEST | {"title": "Extracts", "recipients": named, "files": files})
    assert hidden not in page
    assert "For you alone" in page
