"""A quarter's returned figures as the recipients of a product may be given them.

Puts together what stands elsewhere: whose figures (release register), London over these alone
(`pooled`), and disclosure control by the product's profile, knowing all that the recipients had
before. Nothing is laid out here.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from exports.disclosure import (
    DisclosureError,
    attack,
    cells_of,
    profile,
    protect,
    put_back,
    registry_relations,
)
from exports.files import releases_of
from exports.marts import LONDON, product_settings, read_mart, require_unique
from exports.pooled import london_of
from exports.release.audience import Audience
from exports.release.given import Publication, made_from
from ingestion.periods import Quarter

MARTS = ("fct_indicator", "dim_indicator")

_KEYS = ["indicator_code", "new_la_code"]
_ROW = ["source", "period_type", "period_label", *_KEYS]
_FIGURES = ["numerator", "denominator", "value", "value_status", "release_id", "n_authorities"]


@dataclass(frozen=True)
class Figures:
    """One row per indicator and area, what they are made from, and what is to be kept of them.

    releases: the releases of all authorities' figures, also where only London's are given.
    publication: None where there is nothing to give.
    """

    rows: pd.DataFrame
    releases: tuple[str, ...]
    publication: Publication | None

    def for_all(self, audience: Audience) -> dict[str, Publication]:
        """The publication by recipient, where all of them are given the same."""
        if self.publication is None:
            return {}
        return dict.fromkeys(audience.recipients, self.publication)


def quarter_figures(
    marts: Path,
    quarter: Quarter,
    audience: Audience,
    indicators: frozenset[str] | None = None,
) -> Figures:
    """What the permitted authorities returned for the quarter, and London over these alone.

    Hidden rows carry the profile's symbol as `value_status` and no number. A product whose profile
    gives no authority has London's rows only. `indicators` narrows what is given. Raises
    DisclosureError where small counts could be worked out from what was given before.
    """
    every = read_mart(
        marts,
        "fct_indicator",
        [*_ROW, *_FIGURES, "is_current", "known_from"],
        [
            ("source", "==", "return"),
            ("period_label", "==", quarter.label),
            ("period_type", "in", ["quarter", "snapshot"]),
        ],
    )
    if indicators is not None:
        every = every[every["indicator_code"].isin(indicators)]
    current = every[every["is_current"]]
    require_unique(current, "fct_indicator", _KEYS)
    rows = london_of(current, audience.authorities, multipliers(marts))
    if rows.empty:
        return Figures(rows, (), None)
    # Former releases too: a figure that changed since it was given is another number.
    former = every[~every["is_current"] & every["new_la_code"].isin(rows["new_la_code"])]
    publication = _publication(pd.concat([former, rows]), quarter, audience)
    # London's rows have no release of their own.
    releases = releases_of(rows.loc[rows["new_la_code"] != LONDON, "release_id"])
    given = put_back(rows, publication.cells).reset_index(drop=True)
    return Figures(given, releases, publication)


def multipliers(marts: Path) -> pd.Series:
    """By indicator: what numerator over denominator is multiplied by."""
    columns = ["indicator_code", "multiplier"]
    return read_mart(marts, "dim_indicator", columns).set_index("indicator_code")["multiplier"]


def _publication(facts: pd.DataFrame, quarter: Quarter, audience: Audience) -> Publication:
    """The cells of the facts as they may be given; what was given from the same ones, as it was."""
    relations = registry_relations()
    rules = profile(product_settings(audience.product_id)["release_profile"])
    cells = cells_of(facts, relations)
    source = made_from(cells, rules)
    had = audience.had()
    name = (audience.product_id, quarter.label, source)
    before = [one.cells for one in had]
    same = [one for one in had if (one.product_id, one.quarter, one.made_from) == name]
    out = same[-1].cells if same else protect(cells, rules, relations, before)
    if rules.threshold is not None:
        # Also what was given before: whoever has it anew may hold other figures beside it.
        found = attack([*before, out], relations, rules.protection, rules.threshold)
        if found["is_disclosed"].any():
            raise DisclosureError(
                f"{int(found['is_disclosed'].sum())} small counts can be worked out. Nothing may "
                "leave: tell whoever keeps exports/disclosure"
            )
    return Publication(audience.product_id, quarter.label, source, out)
