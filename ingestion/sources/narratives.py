"""A narrative form sent back: from a Word file or a workbook to its answers.

Belongs here: whose the form is and for which quarter, by path and by its references, which must
agree as with returns. Which cell answers what is `narrative_answers.py`'s.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from ingestion import landing
from ingestion import narrative_form as form
from ingestion.findings import Finding, fix_of
from ingestion.periods import Quarter
from ingestion.readers import Sheet, UnreadableFile, read
from ingestion.readers.docx import OUTSIDE
from ingestion.region import REGION
from ingestion.registry import seed
from ingestion.sources import Parsed
from ingestion.sources.narrative_answers import TABLE, Slot, added, answers, slots

# A filled form with its small charts unpacks to two megabytes; Word's pictures are not unpacked.
MAX_BYTES = 50 * 1024 * 1024
# A number: an answer that has the label in it gives no word of its own away.
_VERSION = re.compile(rf"{form.VERSION_LABEL}\W+([\d.]{{1,8}})(?!\S)")


def parse(file: landing.LandedFile) -> Parsed:
    """Read one form; never raises for what is wrong with the file, it finds."""
    try:
        sheets = read(file.absolute, MAX_BYTES, documents=True)
    except UnreadableFile as error:
        # The readers speak of workbooks, and here a Word file will do: the fix says so.
        message = str(error).partition(";")[0].replace("the workbook", "the file")
        fix = fix_of(error.rule_id, "narrative")
        return Parsed(findings=[Finding(error.rule_id, "block", message, fix=fix)])
    is_document = any(sheet.name == OUTSIDE for sheet in sheets)
    found, findings = slots(sheets, is_document)
    parsed = Parsed(findings=findings, template_version=_version(sheets))
    if not found:
        parsed.findings.append(
            Finding(
                "narrative.no_reference",
                "block",
                "The file holds none of the form’s references, so no answer can be told",
                expected="references such as CAM/2025-26-Q2/self_view/good, as the form has them",
            )
        )
        return parsed
    mine = _of_subject(parsed, file, found)
    if parsed.accepted:
        frame, more = answers(mine)
        parsed.tables[TABLE] = frame
        parsed.findings += [*more, *added(sheets, OUTSIDE)]
    return parsed


def _version(sheets: Sequence[Sheet]) -> str | None:
    rows = (" ".join(map(str, row)) for sheet in sheets for row in sheet.rows)
    return next((match.group(1) for row in rows if (match := _VERSION.search(row))), None)


def _of_subject(parsed: Parsed, file: landing.LandedFile, found: Sequence[Slot]) -> list[Slot]:
    """Settles authority and quarter; the references that are theirs, and findings on the others."""
    codes = [landing.la_code(slot.reference.short_code) for slot in found]
    quarter = landing.quarter_of(file)
    parsed.la_code = _settle(parsed, "authority", landing.la_of(file), codes, landing.la_name)
    parsed.quarter = _settle(
        parsed,
        "quarter",
        quarter.slug if quarter else None,
        # 2025-99-Q2 looks like a quarter and is none.
        [told if Quarter.find(told := slot.reference.quarter) else None for slot in found],
        lambda slug: Quarter.parse(slug).label,
    )
    _check_name(parsed, file)
    _check_calendar(parsed)
    mine = []
    for slot, code in zip(found, codes, strict=True):
        if (code, slot.reference.quarter) == (parsed.la_code, parsed.quarter):
            mine.append(slot)
            continue
        parsed.findings.append(
            slot.place.finding(
                "narrative.reference.other",
                "The reference is another authority’s or quarter’s; what stands beside it was not"
                " read",
                value=str(slot.reference),
                expected="references of one authority and one quarter",
            )
        )
    return mine


def _settle(
    parsed: Parsed,
    what: str,
    by_path: str | None,
    by_references: Sequence[str | None],
    in_words: Callable[[str], str],
) -> str | None:
    """What path and references agree on; the path alone is not enough, nor is a mixture."""
    counted = Counter(told for told in by_references if told is not None)
    told = by_path or (counted.most_common(1)[0][0] if counted else None)
    if told is None:
        problem = "unknown", f"Neither the file nor its folder or name says which {what} it is for"
    elif told not in counted:
        problem = "disagrees", f"The references are of another {what} than folder or name state"
    elif by_path is None and len(counted) > 1:
        problem = "disagrees", f"The references are of more than one {what}"
    else:
        return told
    parsed.findings.append(
        Finding(
            f"narrative.{what}.{problem[0]}",
            "block",
            problem[1],
            TABLE,
            value=", ".join(in_words(each) for each in counted) or None,
            expected=in_words(told) if told else None,
        )
    )
    return told


def _check_name(parsed: Parsed, file: landing.LandedFile) -> None:
    """A file name of another authority than its folder and references: odd, and said."""
    named = landing.la_in_name(file.places[-1], whole=False)
    if named not in (None, parsed.la_code) and not file.sidecar.get("la") and parsed.la_code:
        parsed.findings.append(
            Finding(
                "narrative.authority.named",
                "check",
                "The name of the file speaks of another authority",
                TABLE,
                value=file.places[-1],
                expected=landing.la_name(parsed.la_code),
            )
        )


def _check_calendar(parsed: Parsed) -> None:
    if parsed.quarter is None:
        return
    label = Quarter.parse(parsed.quarter).label
    if label not in set(seed("reference/quarters")["quarter_label"]):
        message = f"The quarter is not in {REGION.alliance}’s calendar"
        rule = "narrative.quarter.no_calendar"
        parsed.findings.append(Finding(rule, "block", message, TABLE, value=label))
