"""Publication of the marts, and one asset per product, partitioned by quarter.

A product is written by the release gate alone. Its check `release` carries the gate's refusal, and
blocks; `notices` says what somebody should see to although it was written; `delivery` what did not
get to its recipient, and undoes nothing.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version

import dagster as dg

from exports.catalogue import PRODUCTS, Product
from exports.release.delivery import Delivery, NotDeliverable, Outcome, deliver
from exports.release.writing import Places, Released, ReleaseRefused, release
from ingestion.landing import LONDON, is_synthetic
from ingestion.periods import Quarter
from orchestration.defs.transform import mart_keys
from orchestration.lib import OWNERS, QUARTERS, counts
from orchestration.publish import publish
from orchestration.resources import Platform

PUBLISHED = dg.AssetKey(["published", "marts"])


@dg.asset(
    key=PUBLISHED,
    deps=mart_keys(),
    group_name="publish",
    owners=OWNERS,
    kinds={"parquet", "duckdb"},
    description="The marts as analysts and outputs read them: marts/*.parquet and analyst.duckdb, "
    "replaced by rename once every gate has passed.",
)
def published_marts(platform: Platform) -> dg.MaterializeResult:
    rows = publish(platform.home)
    return dg.MaterializeResult(
        metadata={
            "rows": counts(rows),
            "dagster/uri": dg.MetadataValue.path(str(platform.home.marts)),
        }
    )


def product_asset(product: Product) -> dg.AssetsDefinition:
    key = dg.AssetKey(["outputs", product.product_id])

    @dg.asset(
        key=key,
        deps=[PUBLISHED],
        partitions_def=QUARTERS,
        group_name="outputs",
        owners=OWNERS,
        description=f"{product.title}. {product.description}",
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
        home, quarter = platform.home, Quarter.parse(context.partition_key)
        places, run_id = Places(home.marts, home.outputs, home.registers), context.run.run_id
        try:
            released = release(product.product_id, quarter, places, run_id, datetime.now(LONDON))
        except ReleaseRefused as refused:
            cause = {"cause": dg.MetadataValue.text(refused.cause)}
            yield _check(key, "release", str(refused), metadata=cause)
            yield _check(key, "notices", "")
            yield _check(key, "delivery", "")
            return
        yield dg.MaterializeResult(asset_key=key, metadata=_metadata(quarter, released))
        yield _check(key, "release", "")
        notices = released.notices if released else []
        yield _check(key, "notices", "; ".join(notices))
        try:
            now = datetime.now(LONDON)
            done = deliver(product.product_id, quarter, places, home.addresses, run_id, now)
        except NotDeliverable as error:
            yield _check(key, "delivery", str(error), dg.AssetCheckSeverity.ERROR)
            return
        yield _delivered(key, done)

    return asset


def _delivered(key: dg.AssetKey, deliveries: Sequence[Delivery]) -> dg.AssetCheckResult:
    """Fails where something did not get there; only warns of what today's registers keep back."""
    failed = any(one.outcome is Outcome.FAILED for one in deliveries)
    said = "; ".join(f"Not to {one.name}: {one.reason}" for one in deliveries if not one.done)
    severity = dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN
    places = "\n".join(f"- {one.name}, {one.outcome}: `{one.address}`" for one in deliveries)
    told = {"deliveries": dg.MetadataValue.md(places or "nobody has an address for it")}
    return _check(key, "delivery", said, severity, told)


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


def _metadata(quarter: Quarter, released: Released | None) -> dict[str, dg.MetadataValue]:
    if released is None:
        nothing = "nothing: it is made on request, and no authorisation stands"
        return {
            "quarter": dg.MetadataValue.text(quarter.label),
            "released": dg.MetadataValue.text(nothing),
        }
    left_out = sorted(released.ruling.authorities.left_out.values())
    line = released.logged
    return {
        "quarter": dg.MetadataValue.text(quarter.label),
        "files": dg.MetadataValue.md("\n".join(f"- `{path}`" for path in released.files)),
        "recipients": dg.MetadataValue.md(
            "\n".join(f"- {d.name}: {d.reason}" for d in released.ruling.allowed)
        ),
        "authorities_left_out": dg.MetadataValue.text(", ".join(left_out) or "none"),
        # Outside the home's own folder, so that a log written anew can be told from this one.
        "egress_log": dg.MetadataValue.text(
            f"line {line['line']}, {line['hash']}" if line else "no file, no line"
        ),
    }


PRODUCT_ASSETS = [product_asset(product) for product in PRODUCTS.values()]


@dg.asset(
    key=["outputs", "run_record"],
    deps=[asset.key for asset in PRODUCT_ASSETS],
    partitions_def=QUARTERS,
    group_name="outputs",
    owners=OWNERS,
    description="run.json: run, time, version and the hash of every file written for the quarter. "
    "Kept outside the products, whose bytes depend on the data alone.",
)
def run_record(context: dg.AssetExecutionContext, platform: Platform) -> None:
    folder = platform.home.outputs / Quarter.parse(context.partition_key).slug
    files = sorted(path for path in folder.glob("[!.]*/**/*") if path.is_file())
    record = {
        "run_id": context.run.run_id,
        "run_at": datetime.now(LONDON).isoformat(timespec="seconds"),
        "version": version("liia-platform"),
        "landing": str(platform.home.landing),
        "synthetic": is_synthetic(platform.home.landing),
        "files": {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    }
    (folder / "run.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
