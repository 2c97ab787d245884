"""The return templates of a quarter: a workbook and its CSV twin for each authority.

Belongs here: whose template, and the figures of the quarter before from the published marts. Does
not belong here: what a template looks like (`ingestion/template.py`). Reads Parquet only, so that
the light install can issue templates too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from pathlib import Path

from exports.marts import is_synthetic, read_mart
from ingestion import template
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import indicator_set_in_force, participates, return_due, seed
from ingestion.template_workbook import workbook

MART = "fct_measure"

_FILLED = (
    f"What {REGION.alliance} holds for {{}}, for comparison only. If it is wrong, tell "
    f"{REGION.alliance}: do not change it."
)
_NOTHING_SENT = f"Empty: {REGION.alliance} holds no figures of yours for {{}}."
_NOT_AT_HAND = "Empty: the figures for {} were not at hand when this template was written."
_SYNTHETIC = "SYNTHETIC, not real data"


def participants(quarter: Quarter) -> list[str]:
    """The codes of the authorities that take part in the quarter's return, by the register."""
    day = quarter.end.isoformat()
    return [code for code in _london() if participates(code, day)]


def _london() -> list[str]:
    las = seed("reference/local_authorities")
    return las.loc[las["is_london"] == "true", "new_la_code"].to_list()


def previous_figures(quarter: Quarter, marts: Path | None) -> dict[str, dict[str, float]] | None:
    """Usable figures returned for the quarter before, by authority and measure.

    None where no marts are published. Raises MartError for marts of another version.
    """
    known = _published(quarter, marts)
    return None if known is None else known[0]


def issue(quarter: Quarter, la_codes: Sequence[str], dest: Path, marts: Path | None) -> list[Path]:
    """Write `dest/<short code>/<authority>_riia_return_<quarter>.xlsx` and `.csv`.

    Raises ValueError for a quarter outside the calendar or without an indicator set and for an
    unknown authority, FileExistsError where another file stands in the way, which may be a template
    that somebody has filled in. In either case nothing has been written.
    """
    return_due(quarter)
    set_id = indicator_set_in_force(quarter.end.isoformat())
    las = seed("reference/local_authorities").set_index("new_la_code")
    unknown = [code for code in la_codes if code not in _london()]
    if unknown:
        raise ValueError(f"Not codes of {REGION.name} authorities: {', '.join(unknown)}")
    published = _published(quarter, marts)
    files: dict[Path, bytes] = {}
    for code in la_codes:
        la = las.loc[code]
        form = _form(quarter, set_id, code, str(la["la_name"]), published)
        lines = template.rows(form)
        stem = dest / la["short_code"] / template.file_stem(form.la_name, quarter)
        files[stem.with_suffix(".xlsx")] = workbook(form, lines)
        files[stem.with_suffix(".csv")] = template.csv_twin(lines)
    _publish(files)
    return list(files)


def _published(
    quarter: Quarter, marts: Path | None
) -> tuple[dict[str, dict[str, float]], bool] | None:
    """The figures of the quarter before, and whether they are synthetic."""
    if marts is None or not (marts / f"{MART}.parquet").is_file():
        return None
    rows = read_mart(
        marts,
        MART,
        ["measure_code", "new_la_code", "value", "release_id"],
        [
            ("source", "==", "return"),
            # A rolling year carries its last quarter's label too.
            ("period_type", "in", ["quarter", "snapshot"]),
            ("period_label", "==", quarter.shift(-1).label),
            ("value_status", "==", "ok"),
            ("is_current", "==", True),
        ],
    )
    figures = {
        str(code): dict(zip(sent["measure_code"], sent["value"].astype(float), strict=True))
        for code, sent in rows.groupby("new_la_code")
    }
    return figures, is_synthetic(rows["release_id"])


def _form(
    quarter: Quarter,
    set_id: str,
    la_code: str,
    la_name: str,
    published: tuple[Mapping[str, Mapping[str, float]], bool] | None,
) -> template.Form:
    figures, synthetic = published or ({}, False)
    previous = figures.get(la_code, {})
    said = _NOT_AT_HAND if published is None else _FILLED if previous else _NOTHING_SENT
    title = f"{REGION.alliance} quarterly return: {la_name}, {quarter.label}"
    return template.Form(
        la_name=la_name,
        la_code=la_code,
        quarter=quarter,
        set_id=set_id,
        title=f"{title} - {_SYNTHETIC}" if synthetic else title,
        instructions=template.instructions(quarter, said.format(quarter.shift(-1).label)),
        # Not the clock: the same arguments give the same bytes.
        created=datetime.combine(quarter.end, time()),
        remark=f"Template version {template.VERSION}"
        + (f"; previous quarter {_SYNTHETIC}" if synthetic else ""),
        previous=previous,
    )


def _publish(files: Mapping[Path, bytes]) -> None:
    """All files or none: a file that differs is never replaced, the same one may stand."""
    for path, content in files.items():
        if path.exists() and path.read_bytes() != content:
            raise FileExistsError(
                f"{path} is there already and differs, so it may be filled in; move it, or name "
                "another folder with --dest"
            )
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.part")
        beside.write_bytes(content)
        beside.replace(path)
