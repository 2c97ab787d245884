"""The page beside a product's files that tells whoever receives them what they hold and may do.

Words only, from the manifest and the registry; no time, so that the same product is the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exports.disclosure import profile
from exports.release.accepted import words
from ingestion.region import REGION
from ingestion.registry import seed

NAME = "README.md"

_TABLES = (".csv", ".parquet", ".xlsx")
_KINDS = {
    ".html": "page, opens in a browser",
    ".xlsx": "workbook",
    ".docx": "Word document",
    ".json": "for programs",
}


def readme(manifest: Mapping[str, Any]) -> str:
    """What a product is, for whom, on which ground, and what is in it.

    Where some files are for one recipient alone, it names no file and no recipient: all of them
    are given this page.
    """
    files: Mapping[str, Mapping[str, Any]] = manifest["files"]
    alone = any("only_for" in told for told in files.values())
    lines = [
        f"# {manifest['title']}, {manifest['quarter']}",
        "",
        f"**{manifest['marking']}**",
        "",
        "Do not pass it on, whole or in part, to anybody for whom it is not. Ask the "
        f"{REGION.alliance} data team, from whom you have it, and tell them of anything that looks "
        "wrong.",
        "",
        "## For whom, and on which ground",
        "",
        *_for_whom(manifest, alone),
        "",
        "## Whose figures",
        "",
        _whose(manifest),
        "",
        "## What is hidden or rounded",
        "",
        _hidden(manifest["release_profile"]),
        *(_symbols() if any(name.endswith(_TABLES) for name in files) else []),
        "",
        *_accepted(manifest.get("accepted_failures", ())),
        "## Files",
        "",
        "`manifest.json` names each file with its hash, its size and its rows.",
        *([] if alone else ["", *(f"- `{name}`: {_file(name, files[name])}" for name in files)]),
    ]
    return "\n".join(lines) + "\n"


def _for_whom(manifest: Mapping[str, Any], alone: bool) -> list[str]:
    if alone:
        return ["For you alone, on the decision that `manifest.json` names and for its purpose."]
    return [f"- {one['name']}: {one['reference']}" for one in manifest["recipients"]]


def _whose(manifest: Mapping[str, Any]) -> str:
    told = manifest["authorities"]
    shown = f"{REGION.start} as a whole, over" if manifest["grain"] == "aggregate" else "Figures of"
    text = f"{shown} {told['included']} of the {told['of']} {REGION.name} authorities."
    if told["left_out"]:
        names = ", ".join(told["left_out"])
        text += f" Left out, since they take no part in this sharing: {names}."
    return text


def _hidden(profile_id: str) -> str:
    """A release profile in words."""
    rules = profile(profile_id)
    if rules.threshold is None:
        said = ["Small counts are not hidden."]
    else:
        smallest = 1 if rules.shows_zero else 0
        said = [f"Counts from {smallest} to {rules.threshold} are hidden (`{rules.symbol}`)."]
        if rules.secondary:
            said.append("So are further figures from which a hidden count could be worked out.")
    for what, to in (("authorities", rules.la_rounding), (str(REGION), rules.total_rounding)):
        if to > 1:
            said.append(f"Counts of {what} are rounded to the nearest {to}.")
    if rules.la_rounding == rules.total_rounding == 1:
        said.append("Counts are not rounded.")
    return " ".join(said)


def _accepted(failures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Nothing where nothing was: a section that says none would have to be read every time."""
    if failures:
        yield from ("## Known failures that were accepted", "")
        for told in failures:
            yield f"- `{told['rule_id']}` {words(told)}"
        yield ""


def _symbols() -> Iterator[str]:
    rows = seed("registry/value_statuses")
    yield from ("", "In tables a symbol stands where there is no figure:", "")
    for symbol, meanings in rows[rows["dfe_symbol"] != ""].groupby("dfe_symbol")["meaning"]:
        yield f"- `{symbol}`: {'; '.join(meanings)}"


def _file(name: str, told: Mapping[str, Any]) -> str:
    if name.endswith(".meta.csv"):
        return f"what the columns of `{name.removesuffix('.meta.csv')}.csv` mean"
    if "rows" in told:
        kind = ", for programs (Parquet)" if name.endswith(".parquet") else ""
        return f"table of {told['rows']:,} rows{kind}"
    return next((kind for ending, kind in _KINDS.items() if name.endswith(ending)), "file")
