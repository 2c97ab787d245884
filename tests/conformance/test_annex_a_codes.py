"""Code matching against Ofsted's own list of codes, and spellings that systems were seen to export.

Where we read a spelling otherwise than its collectors grouped it, `annex_a_codes_differences.csv`
says so with the reason: one more or one less fails.
"""

import csv
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from ingestion.codes import match
from ingestion.contract import contract

pytestmark = pytest.mark.conformance

DIFFERENCES = Path(__file__).with_name("annex_a_codes_differences.csv")
# The groups of the reference are lettered a) b) c) ...: our codes in that order. Sets without
# letters (yes and no, activity) are read by GROUPED.
LETTERED = {
    "gender": "male female not_stated neither",
    "ethnicity": "white mixed asian black other not_stated",
    "source_group": "individual schools education_services health_services housing la_services"
    " police other_legal_agency other anonymous unknown",
    "need": "abuse_or_neglect disability parental_illness acute_stress family_dysfunction"
    " unacceptable_behaviour low_income absent_parenting not_in_need not_stated",
    "cin_closure_reason": "adopted died child_arrangements special_guardianship transferred"
    " adult_services other no_further_action not_stated",
    "case_status": "looked_after protection_plan need_plan open_assessment closed",
    "abuse_category": "neglect physical sexual emotional multiple",
    "legal_status": "interim_care_order full_care_order freed_for_adoption placement_order"
    " accommodated protection youth_justice",
    "permanence_plan": "return_to_family adoption sgo_cao supported_living long_term_residential"
    " long_term_fostering other",
    "care_end_reason": "adopted died other_authority returned_home left_to_others residence_order"
    " special_guardianship independent_living adult_services custody remand_ended age_assessed"
    " moved_abroad other",
    "placement_type": "foster placed_for_adoption with_parents independent_living"
    " residential_employment residential_accommodation secure_home childrens_home"
    " residential_care_home nhs family_centre young_offender residential_school other temporary",
    "placement_provider": "own private other",
    "placement_location": "in out",
    "eligibility": "relevant former_relevant qualifying eligible other",
    "in_touch": "yes no not_recorded",
    "accommodation": "with_parents community_home semi_independent supported_lodgings gone_abroad"
    " deported ordinary_lodgings not_known no_fixed_abode foyer independent_living emergency"
    " bed_and_breakfast custody former_foster_carer other",
    "suitability": "suitable unsuitable not_recorded",
    "reversal_reason": "needs_changed no_placement_order no_adopters other",
    "leaving_reason": "withdrew on_hold refused",
}
# What Ofsted issues, in its order, where it differs from that of the groups.
ISSUED = LETTERED | {
    "yes_no": "yes no unknown",
    "interview_accepted": "yes no unknown",
    "no_further_action": "yes no",
    "disability": "yes no unknown",
    "child_seen": "yes no unknown",
    "uasc": "yes no",
    "cin_closure_reason": LETTERED["cin_closure_reason"].removesuffix(" not_stated"),
    "legal_status": LETTERED["legal_status"] + " short_term_break",
    "care_end_reason": LETTERED["care_end_reason"] + " not_ceased",
    "placement_provider": "other own private",
    "eligibility": "relevant former_relevant qualifying",
    "in_touch": "yes no died refused not_required returned_home",
    "accommodation": LETTERED["accommodation"].replace(
        "former_foster_carer other", "other former_foster_carer"
    ),
    "suitability": "suitable unsuitable",
    "activity": "f1 p1 f2 p2 f3 p3 g4 g5 g6",
}
GROUPED = {"False": "no", "True": "yes", "Unknown": "unknown"} | {
    letter + number: (letter + number).lower() for letter in "FPG" for number in "123456"
}
# Headings of the sheet of codes that no column of a list has.
HEADINGS = {
    "Contact / Referral Source": "source_group",
    "Was the child assessed as being in need at assessment?": "yes_no",
    "Did the Initial Child Protection Conference Result in a Child Protection Plan?": "yes_no",
    "Initial/Latest Category of Abuse": "abuse_category",
    "Is this a second or subsequent episode of being a Looked After Child within the last 12"
    " months (Y/N)": "yes_no",
}


def heading(text: str) -> str:
    return text.strip().lower()


@pytest.fixture(scope="module")
def code_sets() -> dict[str, str]:
    """The code set of a column, by its header."""
    columns = [column for table in contract("annex_a").tables for column in table.columns]
    named = {heading(h): c.codes for c in columns if c.codes for h in c.headers}
    return named | {heading(h): code_set for h, code_set in HEADINGS.items()}


@pytest.fixture(scope="module")
def seen(shared: Path, code_sets: dict[str, str]) -> pd.DataFrame:
    """Every spelling of the reference, the group's name too, once for a code set and a group."""
    path = shared.parent / "reference" / "annex_a_codes.csv"
    reference = pd.read_csv(path, dtype=str, keep_default_na=False)  # "nan" was a spelling
    reference["code_set"] = reference["column_name"].map(lambda name: code_sets[heading(name)])
    reference["group"] = reference["canonical_code"].str.strip()
    listed = reference.assign(
        spelling=reference["first_source_variants"].str.split(" | ", regex=False)
    )
    named = reference[reference["group"] != "zzCodeError"].assign(spelling=reference["group"])
    both = pd.concat([listed.explode("spelling"), named])
    both["spelling"] = both["spelling"].str.strip()
    return both[["code_set", "group", "spelling"]].drop_duplicates(ignore_index=True)


def matched(frame: pd.DataFrame) -> pd.Series:
    """Our code of each row's spelling, "" for none."""
    return frame.groupby("code_set", group_keys=False)["spelling"].transform(
        lambda spellings: [code or "" for code in match(spellings, str(spellings.name))]
    )


def meant(code_set: str, group: str) -> str:
    """Our code of a group of the reference; "" for what it leaves out."""
    if code_set not in LETTERED:
        return GROUPED[group.split(":")[0]]
    if group[:2] in {"J1", "J2"}:
        return "youth_justice"
    place = ord(group[0]) - ord("a")
    codes = LETTERED[code_set].split()
    return "" if group == "zzCodeError" or place >= len(codes) else codes[place]


def test_spellings_seen_are_read_as_their_collectors_did(seen: pd.DataFrame) -> None:
    seen["reference"] = [meant(*pair) for pair in zip(seen["code_set"], seen["group"], strict=True)]
    seen["ours"] = matched(seen)
    columns = ["code_set", "spelling", "reference", "ours"]
    different = seen.loc[seen["reference"] != seen["ours"], columns]
    with DIFFERENCES.open(encoding="utf-8", newline="") as file:
        reasons = list(csv.DictReader(file))
    assert all(line["reason"] for line in reasons)
    known = {tuple(line[name] for name in columns) for line in reasons}
    found = set(different.itertuples(index=False, name=None))
    assert (found - known, known - found) == (set(), set())
    assert (len(seen), len(found)) == (1998, 115)


def test_every_issued_code_is_read_and_as_its_detail_says(
    shared: Path, code_sets: dict[str, str]
) -> None:
    """The sheet gives a code, often its meaning in words, and its group: all one value of ours."""
    book = CalamineWorkbook.from_path(shared / "annex_a" / "ofsted_template_a.xls")
    sheet = pd.DataFrame(book.get_sheet_by_name("Codes_used").to_python(), dtype=str)
    heads = sheet.iloc[0].where(sheet.iloc[0] != "").ffill().map(heading)
    # Placement in an authority is no code; a group of activities is wider than our values.
    wanted = heads.isin(code_sets) & ~sheet.iloc[1].isin(["Group 1", "Group 2"])
    assert set(heads) - set(code_sets) == {"la of placement"}
    cells = sheet.loc[2:, wanted].reset_index(names="row").melt("row", value_name="spelling")
    cells["heading"] = cells["variable"].map(heads)
    cells["code_set"] = cells["heading"].map(code_sets)
    cells = cells[~cells["spelling"].isin(["", "zzCodeError"])].reset_index(drop=True)
    cells["ours"] = matched(cells)
    assert cells.loc[cells["ours"] == "", "spelling"].tolist() == []
    values = cells.groupby(["heading", "row"])["ours"].nunique()
    assert values[values > 1].empty
    # DfE's code without letter and wording: "k) E47: Special Guardianship", "RC1 - Adopted".
    bare = cells["spelling"].str.extract(r"^(?:[a-z]\d?\) )?([A-Z]{0,2}\d{0,2}[A-Z]?)(?::| -)")[0]
    alone = cells.assign(spelling=bare)[bare.notna() & (bare != "")]
    assert (matched(alone) == alone["ours"]).all()
    read = cells.groupby("code_set")["ours"].agg(lambda ours: " ".join(dict.fromkeys(ours)))
    assert read.to_dict() == ISSUED
    assert (len(cells), len(alone), len(values)) == (467, 210, 229)
