"""The synthetic landing zone: a complete, invented set of input files for a first run.

`write_landing_zone` is the only entry. The same arguments give the same bytes. Belongs here:
writing files as authorities and DfE would send them. Does not belong here: reading or checking
them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.aliases import FOLDER
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import indicator_set_in_force, return_due
from ingestion.sample.annex_a import write_annex_a
from ingestion.sample.deliveries import write_aliases, write_returns
from ingestion.sample.figures import london_authorities, quarters_between, simulate
from ingestion.sample.narratives import write_narratives
from ingestion.sample.ofsted import write_ofsted
from ingestion.sample.published import LAST_NEEDED, write_published

LAST_QUARTER = Quarter(2025, 2)
# Of London; where another alliance is served, as many of its own.
ANNEX_A_LAS = ("CAM", "GRE", "HOU", "NEW", "SUT")

_NOTICE = (
    "SYNTHETIC. Everything in this folder is invented: the figures, the children, the dates and "
    "the comments. Only the population estimates are real: those of ONS. The authorities exist, "
    "but nothing here says anything about them. The files have the layout of real quarterly "
    "returns, DfE statistics and Annex A extracts, so that the platform can be tried without real "
    "data. Do not mix them with real files, and do not publish them.\n"
)


@dataclass(frozen=True)
class SampleSummary:
    """What was written: the data files by source, each with its sidecar beside it."""

    root: Path
    paths: Mapping[str, tuple[Path, ...]]

    @property
    def files(self) -> dict[str, int]:
        """How many data files each source has."""
        return {source: len(paths) for source, paths in self.paths.items()}


def write_landing_zone(
    dest: Path,
    *,
    quarters: int = 8,
    last_quarter: Quarter = LAST_QUARTER,
    annex_a_las: Sequence[str] | None = None,
    rows_scale: float = 1.0,
    seed: int = 20250930,
) -> SampleSummary:
    """Write a synthetic landing zone into an empty or new folder.

    `rows_scale` thins the child-level lists, for tests; below 1 they no longer add up to the
    returns. Raises FileExistsError when `dest` holds anything, ValueError for arguments that the
    registry or the calendar do not cover.
    """
    dest = Path(dest)
    known = list(london_authorities()["short_code"])
    if annex_a_las is None:
        served = set(ANNEX_A_LAS) <= set(known)
        annex_a_las = ANNEX_A_LAS if served else known[: len(ANNEX_A_LAS)]
    _check(quarters, last_quarter, set(annex_a_las) - set(known))
    if dest.exists() and (not dest.is_dir() or any(dest.iterdir())):
        raise FileExistsError(
            f"{dest} is not an empty folder; name a new one, so that no file of yours is mixed "
            "with synthetic ones"
        )
    dest.mkdir(parents=True, exist_ok=True)
    # First of all: a run cut short must not leave invented files without the notice.
    (dest / "SYNTHETIC.txt").write_text(_NOTICE, encoding="utf-8", newline="\n")

    span = quarters_between(last_quarter.shift(1 - quarters), last_quarter)
    figures = simulate(max(last_quarter.shift(1), LAST_NEEDED), seed)
    returns = write_returns(dest / "returns", figures, span, seed)
    write_aliases(dest / FOLDER)
    published = write_published(dest / "published", figures, seed)
    published += write_ofsted(dest / "published", figures.authorities, seed)
    annex_a = write_annex_a(dest / "annex_a", figures, annex_a_las, span, rows_scale, seed)
    narratives = write_narratives(dest / "narratives", figures, span)
    return SampleSummary(
        root=dest,
        paths={
            "returns": tuple(returns),
            "published": tuple(published),
            "annex_a": tuple(annex_a),
            "narratives": tuple(narratives),
        },
    )


def _check(quarters: int, last_quarter: Quarter, strangers: set[str]) -> None:
    if quarters < 1:
        raise ValueError(f"quarters is {quarters}; a landing zone needs at least one")
    indicator_set_in_force(last_quarter.shift(1 - quarters).end.isoformat())
    return_due(last_quarter)
    if strangers:
        raise ValueError(
            f"Not short codes of {REGION.name} authorities: {', '.join(sorted(strangers))}"
        )
