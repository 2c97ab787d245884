"""The quarter's RIIA set for London as a whole, for ADCS: the picture, and no single authority.

An open data pair of regional rows. Over how many authorities London is stands beside each figure.
"""

from pathlib import Path

from exports import riia_set
from exports.files import Content
from exports.marts import LONDON
from exports.protected import quarter_figures
from exports.release.audience import Audience
from ingestion.periods import Quarter
from ingestion.region import REGION

PRODUCT = "adcs"
MARTS = riia_set.MARTS


def adcs_content(marts: Path, quarter: Quarter, audience: Audience) -> Content:
    """Data file and meta file; nothing where the quarter has no returns."""
    given = quarter_figures(marts, quarter, audience)
    figures = given.rows
    if figures.empty:
        return Content({})
    rows = riia_set.grid(marts, PRODUCT, quarter, figures, audience.authorities)
    text = riia_set.printed(rows[rows["new_la_code"] == LONDON])
    stem = riia_set.stem_of(f"riia_{REGION.slug}_aggregate", quarter, figures["release_id"])
    return Content(
        riia_set.open_data_pair(stem, text, riia_set.columns_of(PRODUCT)),
        given.releases,
        given.for_all(audience),
    )
