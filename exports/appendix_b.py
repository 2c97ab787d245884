"""Extracts for projects of the bodies in Appendix B: each what its own authorisation names.

An open data pair for each recipient with a decision of LCIIB on record, with the indicators of the
set that the decision names and no others. The product is one; each file is for one recipient alone.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from exports import riia_set
from exports.files import Content
from exports.protected import quarter_figures
from exports.release.audience import Audience
from exports.release.given import Publication
from exports.release.register import Decision
from ingestion.periods import Quarter
from ingestion.registry import seed

PRODUCT = "appendix_b"
MARTS = riia_set.MARTS


def appendix_b_content(marts: Path, quarter: Quarter, audience: Audience) -> Content:
    """A data file and a meta file for each recipient; nothing where there are no returns."""
    files: dict[str, str] = {}
    only_for: dict[str, str] = {}
    publications: dict[str, Publication] = {}
    releases: set[str] = set()
    for decision in audience.decisions:
        indicators = _authorised(decision)
        alone = replace(audience, decisions=[decision])
        given = quarter_figures(marts, quarter, alone, frozenset(indicators["indicator_code"]))
        if given.rows.empty:
            continue
        rows = riia_set.grid(marts, PRODUCT, quarter, given.rows, audience.authorities, indicators)
        stem = riia_set.stem_of(
            f"riia_extract_{decision.recipient}", quarter, given.rows["release_id"]
        )
        pair = riia_set.open_data_pair(stem, riia_set.printed(rows), riia_set.columns_of(PRODUCT))
        files |= pair
        only_for |= dict.fromkeys(pair, decision.recipient)
        publications |= given.for_all(alone)
        releases |= set(given.releases)
    return Content(files, tuple(sorted(releases)), publications, only_for)


def _authorised(decision: Decision) -> pd.DataFrame:
    """`indicator_code` and `position` of the set that the authorisation names."""
    rows = seed("reference/authorisations").set_index("authorisation")
    members = seed("registry/indicator_set_members")
    members = members[members["set_id"] == rows.loc[decision.authorisation, "indicator_set"]]
    positions = members.assign(position=members["position"].astype(int)).sort_values("position")
    return positions[["indicator_code", "position"]].reset_index(drop=True)
