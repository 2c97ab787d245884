"""What a sender of Annex A lists reads on the screen."""

from datetime import date
from pathlib import Path

from ingestion.check import check_file
from orchestration.check_text import WIDTH, lines
from tests.unit.ingestion.builders import annex_a_sheets, child, write_book


def test_what_lists_say_of_each_other_is_told_and_what_nobody_could_check(tmp_path: Path) -> None:
    born = child("annex_a_list_4", birth_date=date(2015, 5, 18))
    care = [child("annex_a_list_8"), child("annex_a_list_8", child_id=7777)]
    sheets = annex_a_sheets(annex_a_list_4=[born], annex_a_list_8=care)
    del sheets["List 7"]
    said = list(lines(check_file(write_book(tmp_path / "CAM 2025-26-Q2.xlsx", sheets))))
    assert max(map(len, said)) <= WIDTH
    text = " ".join(" ".join(said).split())
    assert "- List 8 A4: seen “7777” To do: Add the child to List 6" in text
    assert "seen “18/05/2015”, elsewhere “17/05/2015”" in text
    between, later = text.split("Not checked, since it needs lists")[1].split("Not checked here,")
    assert "An open child protection plan, and the child is not on List 6" in between
    assert later.endswith("- Whether the figures are those of your return")
