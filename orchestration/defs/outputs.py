"""Publication of the marts, and one asset per product, partitioned by quarter.

A product is written by the release gate alone. Its check `release` carries the gate's refusal, and
blocks; `notices` says what somebody should see to although it was written; `delivery` what did not
get to its recipient, and undoes nothing.
"""

import json
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import dagster as dg

from exports.catalogue import PRODUCTS, Product
from exports.release.delivery import Delivery, NotDeliverable, Outcome, deliver
from exports.release.writing import Places, Released, ReleaseRefused, release
from ingestion import whole
from ingestion.landing import LONDON, is_synthetic
from ingestion.periods import Quarter
from orchestration import freshness
from orchestration.defs.transform import WRITER, mart_keys
from orchestration.home import Home
from orchestration.lib import GROUPS, OWNERS, QUARTERS
from orchestration.product_facts import columns_of, explain_metadata, product_metadata
from orchestration.publish import publish
from orchestration.resources import Platform
from orchestration.table_facts import content_hash, rows_as_table

PUBLISHED = dg.AssetKey(["published", "marts"])
# Dagster calls the parameter beta; a line for each product on every start would tell nobody more.
warnings.filterwarnings("ignore", ".*`backfill_policy`", dg.BetaWarning)
# Any range of quarters is written in one run: marts are built once, whatever the range.
ONE_RUN = dg.BackfillPolicy.single_run()

# Of the products the one that is waited for: written before the others, which are by name.
_FIRST = "dfe"


@dg.asset(
    key=PUBLISHED,
    deps=mart_keys(),
    pool=WRITER,
    group_name=GROUPS["published"],
    owners=OWNERS,
    kinds={"parquet", "duckdb"},
    description="The marts as analysts and outputs read them: marts/*.parquet and analyst.duckdb, "
    "replaced by rename once every gate has passed.",
)
def published_marts(platform: Platform) -> dg.MaterializeResult:
    home = platform.home
    rows = publish(home)
    marts = (
        [f"`{name}`", f"{count:,}", f"`{content_hash(home.marts / f'{name}.parquet')}`"]
        for name, count in rows.items()
    )
    return dg.MaterializeResult(
        metadata={
            **explain_metadata(home),
            "marts": rows_as_table(["Mart", "Rows", "SHA-256 begins"], marts),
            "marts_published": len(rows),
            "rows": sum(rows.values()),
            "dagster/uri": dg.MetadataValue.path(str(home.marts)),
            "analyst_duckdb": dg.MetadataValue.path(str(home.analyst)),
        }
    )


def product_key(product_id: str) -> dg.AssetKey:
    return dg.AssetKey(["outputs", product_id])


@dataclass(frozen=True)
class _Written:
    """What became of a product in one quarter: `refusal` says why it was not written.

    cause: the same in one word, for notices.
    """

    quarter: Quarter
    released: Released | None = None
    refusal: str = ""
    cause: str = ""
    deliveries: tuple[Delivery, ...] = ()
    not_deliverable: str = ""

    @property
    def notices(self) -> list[str]:
        return self.released.notices if self.released else []


def _written(product_id: str, quarter: Quarter, home: Home, run_id: str) -> _Written:
    """Release a product of a quarter, and deliver it."""
    places = Places(home.marts, home.outputs, home.registers)
    try:
        released = release(product_id, quarter, places, run_id, datetime.now(LONDON))
    except ReleaseRefused as refused:
        return _Written(quarter, refusal=str(refused), cause=refused.cause)
    try:
        now = datetime.now(LONDON)
        done = deliver(product_id, quarter, places, home.addresses, run_id, now)
    except NotDeliverable as error:
        return _Written(quarter, released, not_deliverable=str(error))
    return _Written(quarter, released, deliveries=tuple(done))


def product_asset(product: Product) -> dg.AssetsDefinition:
    key = product_key(product.product_id)

    @dg.asset(
        key=key,
        # What is read are the published files; where a figure comes from are the marts themselves.
        deps=[PUBLISHED, *(dg.AssetKey(["marts", mart]) for mart in product.marts)],
        partitions_def=QUARTERS,
        backfill_policy=ONE_RUN,
        group_name=GROUPS["outputs"],
        owners=OWNERS,
        kinds={"csv" if product.origins else "html"},
        op_tags={"dagster/priority": "1" if product.product_id == _FIRST else "0"},
        metadata=columns_of(product),
        description=f"{product.title}. {product.description}. Written by the release gate alone, "
        "from the marts that it depends on; `manifest.json` beside it says for whom and why.",
        freshness_policy=freshness.products(),
        # A refused product is not materialised, and yet its refusal is told.
        output_required=False,
        check_specs=[
            dg.AssetCheckSpec(
                "release",
                asset=key,
                blocking=True,
                description="Somebody may be given it; if not, nothing is written.",
            ),
            dg.AssetCheckSpec(
                "notices",
                asset=key,
                description="Authorisations and agreements to see to; what was left out.",
            ),
            dg.AssetCheckSpec(
                "delivery",
                asset=key,
                description="It got to each recipient that has an address; the release stands if "
                "not, and `liia deliver` tries again.",
            ),
        ],
    )
    def asset(
        context: dg.AssetExecutionContext, platform: Platform
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        quarters = [Quarter.parse(partition) for partition in context.partition_keys]
        run_id = context.run.run_id
        done = [_written(product.product_id, q, platform.home, run_id) for q in quarters]
        refusals = [one.refusal for one in done if one.refusal]
        for one in (one for one in done if not one.refusal):
            told = product_metadata(product, one.quarter, one.released, platform.home)
            if refusals:
                # A result would speak for every quarter of the run, refused ones too.
                context.log_event(
                    dg.AssetMaterialization(key, partition=one.quarter.key, metadata=told)
                )
            else:
                context.add_asset_metadata(told, key, one.quarter.key)
        if not refusals:
            yield dg.MaterializeResult(asset_key=key)
        # What holds of several quarters alike is said once.
        notices = dict.fromkeys(notice for one in done for notice in one.notices)
        causes = ", ".join(dict.fromkeys(one.cause for one in done if one.cause))
        why = {"cause": dg.MetadataValue.text(causes)} if causes else None
        yield _check(key, "release", " ".join(refusals), metadata=why)
        yield _check(key, "notices", " ".join(notices))
        yield _delivered(key, done)

    return asset


def _delivered(key: dg.AssetKey, done: Sequence[_Written]) -> dg.AssetCheckResult:
    """Fails where something did not get there; only warns of what today's registers keep back."""
    undeliverable = dict.fromkeys(one.not_deliverable for one in done if one.not_deliverable)
    deliveries = [delivery for one in done for delivery in one.deliveries]
    failed = undeliverable or any(one.outcome is Outcome.FAILED for one in deliveries)
    kept_back = [f"Not to {one.name}: {one.reason}" for one in deliveries if not one.done]
    severity = dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN
    places = "\n".join(f"- {one.name}, {one.outcome}: `{one.address}`" for one in deliveries)
    told = {"deliveries": dg.MetadataValue.md(places or "nobody has an address for it")}
    return _check(key, "delivery", "; ".join([*undeliverable, *kept_back]), severity, told)


def _check(
    key: dg.AssetKey,
    name: str,
    message: str,
    severity: dg.AssetCheckSeverity | None = None,
    metadata: Mapping[str, dg.MetadataValue] | None = None,
) -> dg.AssetCheckResult:
    """A check that holds where there is no message."""
    if severity is None:
        severity = dg.AssetCheckSeverity.ERROR if name == "release" else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=not message,
        severity=severity,
        description=message or None,
        metadata=metadata,
    )


PRODUCT_ASSETS = [product_asset(product) for product in PRODUCTS.values()]


RUN_RECORD = dg.AssetKey(["outputs", "run_record"])


@dg.asset(
    key=RUN_RECORD,
    deps=[asset.key for asset in PRODUCT_ASSETS],
    partitions_def=QUARTERS,
    backfill_policy=ONE_RUN,
    group_name=GROUPS["outputs"],
    owners=OWNERS,
    kinds={"json"},
    description="run.json: run, time, version and the hash of every file written for the quarter. "
    "Kept outside the products, whose bytes depend on the data alone.",
)
def run_record(context: dg.AssetExecutionContext, platform: Platform) -> None:
    for partition in context.partition_keys:
        quarter = Quarter.parse(partition)
        told = _record(quarter, platform.home, context.run.run_id)
        context.add_asset_metadata(told, RUN_RECORD, partition)


def _record(quarter: Quarter, home: Home, run_id: str) -> dict[str, Any]:
    folder = home.outputs / quarter.slug
    files = sorted(path for path in folder.glob("[!.]*/**/*") if path.is_file())
    record = {
        "run_id": run_id,
        "run_at": datetime.now(LONDON).isoformat(timespec="seconds"),
        "version": version("liia-platform"),
        "landing": str(home.landing),
        "synthetic": is_synthetic(home.landing),
        "files": {path.relative_to(folder).as_posix(): whole.sha256_of(path) for path in files},
    }
    path = folder / "run.json"
    whole.write_text(path, json.dumps(record, indent=2) + "\n")
    products = Counter(file.relative_to(folder).parts[0] for file in files)
    return {
        "quarter": quarter.label,
        "run_id": run_id,
        "products": rows_as_table(["Product", "Files"], products.items()),
        "files": len(files),
        "dagster/uri": dg.MetadataValue.path(str(path)),
        "run_json": content_hash(path),
    }
