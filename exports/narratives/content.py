"""The narrative forms: for each authority a Word file and the same as a workbook.

Directors are asked about their exceptions, how they see themselves and what they plan; what comes
back lies in the landing zone under `narratives/` and is read by `ingestion/sources/narratives.py`.
"""

from pathlib import Path

from exports.files import Content
from exports.marts import product_settings
from exports.narratives import asked, strips
from exports.narratives.document import document
from exports.narratives.workbook import workbook
from exports.pictures import NoBrowser
from ingestion.periods import Quarter

PRODUCT = "narratives"
MARTS = asked.MARTS


def narratives_content(marts: Path, quarter: Quarter) -> Content:
    """`CAM_narrative.docx` and `.xlsx` for each authority: same marts, same bytes."""
    forms = asked.forms(marts, quarter)
    marking = product_settings(PRODUCT)["marking"]
    left_out: tuple[str, ...] = ()
    try:
        charts = strips.drawn(forms.authorities)
    except NoBrowser as missing:
        charts, left_out = {}, (str(missing),)
    files: dict[str, str | bytes] = {}
    for authority in forms.authorities:
        stem = f"{authority.short_code}_narrative"
        drawn = charts.get(authority.new_la_code, [])
        shared = (authority, quarter, marking, forms.synthetic, drawn)
        files[f"{stem}.docx"] = document(*shared)
        files[f"{stem}.xlsx"] = workbook(*shared)
    # The page on what came back, `summary.html`, joins the files here.
    return Content(files, forms.releases, left_out=left_out)
