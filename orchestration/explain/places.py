"""Where a measure's value stands: file, sheet and cell; DfE's column and line; Annex A's list.

A mart says most of it, the registry what a column or a counting rule is, and the home's ledger what
no mart holds: hashes of returns, and the files of Annex A. Opens no file that was sent.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from exports.marts import read_mart
from ingestion.contract import contract
from ingestion.ledger import Ledger
from ingestion.registry import seed
from ingestion.store import ledger_path
from orchestration.explain import cells
from orchestration.explain.document import Column, File, Measure, Place
from orchestration.home import Home

# In which ledger the files of a source are.
_LEDGERS = {"return": "return", "chat": "annex_a", "published": "published"}
_FILE = ["path", "sha256", "received_at", "extract_date", "state"]
_RELEASE = ["release_id", "dataset", "release_label", "path", "sha256", "file_id", "received_at"]
_SUBMISSION = ["new_la_code", "quarter_label", "measure_code", "submission_state", "file_id"]
_SUBMISSION += ["path", "received_at", "reason", "is_current"]
_COUNTED_OVER = {
    "quarter": "what happened in the quarter",
    "quarter_end": "what was open on the quarter’s last day, by the dates of the list",
    "extract_date": "what the list says of the day of the extract",
    "year": "what happened in the twelve months to the quarter’s end",
}


class Places:
    """Answers for the measures of one indicator; the marts are read once."""

    def __init__(self, home: Home, measure_codes: list[str]) -> None:
        self.home = home
        self.releases = read_mart(home.marts, "dim_release", _RELEASE)
        self.submissions = read_mart(
            home.marts,
            "mart_submission_status",
            _SUBMISSION,
            [("measure_code", "in", measure_codes)],
        )

    def of(self, row: Mapping[Any, Any], status: str) -> Place:
        """The place that a row of fct_measure says it is from."""
        address = cells.text(row["source_address"]) or ""
        place = Place(
            period_label=str(row["period_label"]),
            value=cells.decimal(row["value"]),
            value_status=str(row["value_status"]),
            status=status,
            release_id=str(row["release_id"]),
            submission_number=cells.whole(row["submission_number"]),
            file_id=cells.text(row["file_id"]),
        )
        measure = str(row["measure_code"])
        if row["source"] == "return":
            sheet, _, cell = address.rpartition("!")
            return replace(place, sheet=sheet, cell=cell) if cell else self._no_cell(place, row)
        if row["source"] == "published":
            line = re.search(r"line (\d+)$", address)
            columns = self.columns(place.release_id, measure, "figure")
            return replace(place, columns=columns, row=int(line[1]) if line else None)
        if re.fullmatch(r"List \d+", address):
            return replace(place, annex_a_list=address, rule=_counting_rule(measure, "figure"))
        sheet, _, line_number = address.rpartition(" row ")
        return replace(place, sheet=sheet, row=int(line_number)) if sheet else place

    def of_base(self, beside: Place, measure: str, value: float | None, status: str) -> Place:
        """The place of a denominator that no mart has a row for, in the file of its numerator."""
        place = replace(beside, value=value, value_status="ok", status=status)
        if beside.columns:
            columns = self.columns(beside.release_id, measure, "base")
            one_line = {c.filter for c in columns} == {c.filter for c in beside.columns}
            return replace(place, columns=columns, row=beside.row if one_line else None)
        if beside.annex_a_list:
            return replace(place, rule=_counting_rule(measure, "base"))
        # Values of ChAT are given in pairs: numerator and denominator of a row.
        return place

    def columns(self, release_id: str, measure: str, use: str) -> list[Column]:
        """The columns of a release's file that the registry takes a measure from."""
        release = self.releases[self.releases["release_id"] == release_id]
        if release.empty:
            return []
        dataset, label = release.iloc[0][["dataset", "release_label"]]
        rows = seed("registry/published_measures")
        rows = rows[
            (rows["dataset"] == dataset)
            & (rows["measure_code"] == measure)
            & (rows["use"] == use)
            & (rows["first_release"] <= label)
            & ((rows["last_release"] == "") | (rows["last_release"] >= label))
        ]
        table = contract("published").table(dataset)
        return [
            Column(name, table.column(name).headers, lines)
            for name, lines in zip(rows["column_name"], rows["filter_key"], strict=True)
        ]

    def files(self, source: str, measures: list[Measure]) -> list[File]:
        """The files behind measures: what marts have of them, else the ledger."""
        marts = self.releases if source == "published" else self.submissions
        marts = marts.dropna(subset="file_id").drop_duplicates("file_id").set_index("file_id")
        try:
            ledger = Ledger(ledger_path(self.home.root, _LEDGERS[source])).read()
        except OSError:  # an analyst may read the marts and not the ledger
            ledger = pd.DataFrame(columns=["file_id", *_FILE])
        known = marts.reindex(columns=_FILE).astype(object)
        known = known.combine_first(ledger.set_index("file_id")[_FILE].astype(object))
        # In the order in which they are spoken of.
        ids = dict.fromkeys(p.file_id for m in measures for p in m.places if p.file_id)
        return [
            File(
                file_id=str(file_id),
                path=cells.text(row["path"]),
                sha256=cells.text(row["sha256"]),
                received_at=cells.moment(row["received_at"]),
                extract_date=cells.text(row["extract_date"]),
                state=cells.text(row["state"]),
            )
            for file_id, row in known.reindex(list(ids)).iterrows()
        ]

    def population_file(self, release: str | None) -> str | None:
        """A landed file of a population release, if there is one."""
        datasets = set(seed("registry/published_populations")["dataset"])
        files = self.releases[
            self.releases["dataset"].isin(datasets) & (self.releases["release_label"] == release)
        ].sort_values("received_at")
        return None if files.empty else str(files["path"].iloc[-1])

    def paths(self, quarter: str) -> dict[str, str]:
        """The file of each authority's submission that tells how things stand in a quarter."""
        now = self.submissions[self.submissions["is_current"]]
        now = now[(now["quarter_label"] == quarter) & now["path"].notna()]
        return dict(zip(now["new_la_code"], now["path"], strict=True))

    def _no_cell(self, place: Place, row: Mapping[Any, Any]) -> Place:
        if place.file_id is not None:
            return replace(place, note="The submission has no row for this measure")
        now = self.submissions[
            self.submissions["is_current"]
            & (self.submissions["new_la_code"] == row["new_la_code"])
            & (self.submissions["quarter_label"] == row["period_label"])
            & (self.submissions["measure_code"] == row["measure_code"])
        ]
        if now.empty:
            return place
        state, file_id, reason = now.iloc[0][["submission_state", "file_id", "reason"]]
        note = f"Submission {str(state).replace('_', ' ')}"
        why = cells.text(reason)
        return replace(place, file_id=cells.text(file_id), note=f"{note}: {why}" if why else note)


def table_of(annex_a_list: str) -> str:
    """`List 4` as the contract names it."""
    return annex_a_list.lower().replace("list ", "annex_a_list_")


def _counting_rule(measure: str, use: str) -> str | None:
    """How a measure is counted from its list, in the registry's words."""
    rows = seed("registry/annex_a_measures")
    rows = rows[(rows["measure_code"] == measure) & (rows["use"] == use)]
    if rows.empty:
        return None
    row = rows.iloc[0]
    title = contract("annex_a").table(row["list_name"]).title
    reads = [name for name in f"{row['needs_filled']}|{row['needs']}".split("|") if name]
    return f"{title}. Counted: {_COUNTED_OVER[row['counted_over']]}. Reads {', '.join(reads)}"
