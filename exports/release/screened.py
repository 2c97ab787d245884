"""The gate that every CSV passes before it leaves: DfE's own checks, as `liia screen` runs them."""

import tempfile
from pathlib import Path

from exports.files import Content, as_bytes
from ingestion.screening import screen

META = ".meta.csv"


class NotStandard(Exception):
    """A CSV does not pass DfE's checks; the message names file, check and what it says."""


def screened(content: Content) -> None:
    """Raises NotStandard unless every CSV has its meta file and passes every check.

    DfE's data dictionary is not carried (docs/screening.md): what it says can be asked with
    `liia screen --lists`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, data in content.files.items():
            if file.endswith(".csv"):
                (folder / file).write_bytes(as_bytes(data))
        failed = []
        for data_file in sorted(folder.glob("*.csv")):
            if not data_file.name.endswith(META):
                report = screen(data_file, data_file.with_name(data_file.stem + META))
                failed += [
                    f"{data_file.name}, {check}: {result.message}"
                    for check, result in report.results.items()
                    if result.result == "FAIL"
                ]
    if failed:
        raise NotStandard(
            f"{len(failed)} of DfE's checks on what would be published did not pass. "
            + " ".join(failed)
        )
