"""The jobs: each is a selection of assets, with their checks. When they start is not said here."""

from collections.abc import Iterable

import dagster as dg

from exports.catalogue import PRODUCTS
from ingestion.pipeline import SOURCES
from orchestration.defs.ingest import raw_key, tables_with_ledger
from orchestration.defs.outputs import PUBLISHED, RUN_RECORD, product_key
from orchestration.defs.transform import fed_by

# What a source's files are called in the descriptions of jobs and sensors.
FILES = {
    "return": "returns",
    "annex_a": "Annex A workbooks",
    "published": "published statistics",
    "narrative": "narratives",
}


def path_of(source: str, products: Iterable[str]) -> list[dg.AssetKey]:
    """The assets from one source's files to products: of the marts those that it feeds."""
    raw = [raw_key(table) for table in tables_with_ledger(source)]
    return [
        *raw,
        *sorted(fed_by(raw)),
        PUBLISHED,
        *(product_key(product_id) for product_id in products),
        RUN_RECORD,
    ]


def _selection(source: str, products: Iterable[str]) -> dg.AssetSelection:
    return dg.AssetSelection.assets(*path_of(source, products))


# A run whose process died is begun again (dagster.yaml), and from its first step: another run may
# have read other files meanwhile, which their gate would then not have seen.
_BEGUN_AGAIN = {"dagster/retry_strategy": "ALL_STEPS"}

# Everything, in one run: unpartitioned raw and marts, and the outputs of one quarter.
QUARTER = dg.define_asset_job(
    "quarter",
    selection=dg.AssetSelection.all(),
    description="One quarter from landing zone to outputs, through all gates.",
    tags=_BEGUN_AGAIN,
)
BY_EVENT = [
    QUARTER,
    dg.define_asset_job(
        "returns_in",
        selection=_selection("return", ["returns"]),
        description="Returns are read, and the page of returns shows who is missing.",
        tags=_BEGUN_AGAIN,
    ),
    dg.define_asset_job(
        "annual",
        selection=_selection("published", ["rug"]),
        description="Published statistics are read, and the rug is written.",
        tags=_BEGUN_AGAIN,
    ),
    dg.define_asset_job(
        "narratives_in",
        selection=_selection("narrative", ["narratives", "packs"]),
        description="Narratives are read, and the page on them and the packs are written.",
        tags=_BEGUN_AGAIN,
    ),
]
# Of these, a sensor starts only the products that stand already: see sensors.py.
BY_SOURCE = {
    source: dg.define_asset_job(
        f"landed_{source}",
        selection=_selection(source, PRODUCTS),
        description=f"New or changed {FILES[source]}, to the outputs of the quarter they touch.",
        tags=_BEGUN_AGAIN,
    )
    for source in SOURCES
}
JOBS = [*BY_EVENT, *BY_SOURCE.values()]
