"""Publication of the marts, and one asset per product, partitioned by quarter."""

import hashlib
import json
from datetime import datetime
from importlib.metadata import version

import dagster as dg

from exports.catalogue import PRODUCTS, Product
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
    @dg.asset(
        key=["outputs", product.product_id],
        deps=[PUBLISHED],
        partitions_def=QUARTERS,
        group_name="outputs",
        owners=OWNERS,
        description=f"{product.title}. {product.description}",
    )
    def asset(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
        quarter = Quarter.parse(context.partition_key)
        dest = platform.home.outputs / quarter.slug / product.product_id
        paths = product.write(platform.home.marts, quarter, dest)
        return dg.MaterializeResult(
            metadata={
                "quarter": quarter.label,
                "files": dg.MetadataValue.md("\n".join(f"- `{path}`" for path in paths)),
            }
        )

    return asset


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
    files = sorted(path for path in folder.glob("*/**/*") if path.is_file())
    record = {
        "run_id": context.run_id,
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
