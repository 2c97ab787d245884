"""What becomes of child-level rows on landing, before anything is kept.

As each column's `keep` in the contract says: ids are replaced by a keyed hash, dates of birth by
the first of their month, of a postcode only the outward half stays, free text and names are
dropped; what the sender calls a sheet is hashed too, and findings lose the cell's content. Reading
workbooks is not done here, and neither is deletion. Treatment: LIIA's own privacy rules.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from ingestion.conform import per_spelling
from ingestion.contract import contract
from ingestion.findings import Finding
from ingestion.sources import Parsed
from ingestion.sources.annex_a_sheets import is_of_layout


def minimise(parsed: Parsed, key: bytes) -> Parsed:
    """Apply each column's privacy treatment and mask the findings; returns the same object."""
    source = contract("annex_a")
    salt = (parsed.la_code or "").encode()
    known: dict[str, str] = {}
    for table in source.tables:
        if table.name not in parsed.tables:
            continue
        kept = parsed.tables[table.name]
        for column in table.columns:
            if column.keep == "drop":
                kept = kept.drop(columns=column.name)
            elif column.keep == "month":
                dates = kept[column.name]
                first = dates - pd.to_timedelta(dates.dt.day - 1, unit="D")
                kept = kept.assign(**{column.name: first.astype("datetime64[s]")})
            elif column.keep == "outward":
                outward = kept[column.name].str.split(" ").str[0]
                kept = kept.assign(**{column.name: outward})
            elif column.keep == "pseudonymise":
                kept = kept.assign(**{column.name: pseudonyms(kept[column.name], key, salt, known)})
        # Rows are told apart by sheet and row, so a name of the sender's own gives way to another.
        sheets = kept["sheet"]
        own = sheets.isin([name for name in sheets.unique() if not is_of_layout(name)])
        if own.any():
            kept = kept.assign(sheet=sheets.mask(own, pseudonyms(sheets, key, salt, known)))
        parsed.tables[table.name] = kept
    parsed.findings = list(_masked(parsed.findings))
    return parsed


def pseudonyms(ids: pd.Series, key: bytes, salt: bytes, known: dict[str, str]) -> pd.Series:
    """Keyed hashes (HMAC-SHA-256, 80 bits): the same child in two lists stays the same child.

    `known` are those made before with the same key and salt; it grows.
    """

    def hashed(spellings: pd.Series) -> pd.Series:
        for value in {*spellings} - known.keys():
            digest = hmac.digest(key, salt + b"\x00" + value.encode(), "sha256")
            known[value] = digest.hex()[:20]
        return pd.Series([known[value] for value in spellings], dtype="string")

    return per_spelling(ids, hashed)


def _masked(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Child-level findings lose the cell's content, and every name that is not one of the layout's.

    Where a sheet has no header row, the first child's row would be read as one; a header or a sheet
    may be named for anybody; and what a reader could not read it may quote.
    """
    for finding in findings:
        masked = finding.masked()
        if finding.rule_id.startswith("headers.") and finding.value:
            message = finding.message.replace(f"“{finding.value}”", "“…”")
            own = finding.column == finding.value
            masked = replace(masked, message=message, column=None if own else finding.column)
        elif finding.rule_id.startswith("file."):
            message = re.sub("“.*”", "“…”", finding.message, flags=re.DOTALL)
            masked = replace(masked, message=message)
        if finding.sheet and not is_of_layout(finding.sheet):
            masked = replace(masked, sheet=None)
        yield masked
