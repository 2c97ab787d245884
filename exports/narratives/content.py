"""The narratives: for each authority a form in Word and Excel, and a page on what came back.

Directors are asked about their exceptions, how they see themselves and what they plan; what comes
back lies in the landing zone under `narratives/` and is read by `ingestion/sources/narratives.py`.
"""

from pathlib import Path

from exports.files import Content
from exports.marts import product_settings
from exports.narratives import asked, strips, summary
from exports.narratives.document import document
from exports.narratives.workbook import workbook
from exports.pictures import NoBrowser
from ingestion.periods import Quarter

PRODUCT = "narratives"
MARTS = tuple(dict.fromkeys((*asked.MARTS, *summary.MARTS)))


def narratives_content(marts: Path, quarter: Quarter) -> Content:
    """`CAM_narrative.docx` and `.xlsx` for each authority, and `summary.html` where anything was
    asked: same marts, same bytes."""
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
    if came_back := summary.summary_page(marts, quarter):
        files["summary.html"] = came_back
    return Content(files, forms.releases, left_out=left_out)
