"""Where the rules of a table are written, and where a person reads about them: paths with a line.

Paths, not addresses: a browser follows no link from a server to a file.
"""

from pathlib import Path

from expectations.addresses import source_of
from expectations.contracts import defined_in
from ingestion.contract import CONTRACTS
from ingestion.sources import chat_values, ofsted
from orchestration.home import PROJECT

_DOCS = PROJECT / "docs"


def contract_of(table: str) -> str:
    """The contract of a raw table; of published figures the folder, a file for each dataset."""
    if table in ("published_values", "published_columns"):
        return str(CONTRACTS / "published")
    own = {ofsted.TABLE: "ofsted", chat_values.TABLE: "chat"}
    path = CONTRACTS / f"{own.get(table, source_of(table))}.yml"
    return _at(path, f"- name: {table}")


def mart_yaml(mart: str) -> str:
    """The contract of a mart, with its tests."""
    return _at(defined_in(mart), f"- name: {mart}")


def dictionary(mart: str) -> str:
    """What the columns of a mart mean."""
    return _at(_DOCS / "data_dictionary.md", f"### `{mart}`")


def runbook() -> str:
    """What to do about a rule that does not hold."""
    return _at(_DOCS / "runbook.md", "## When a run is blocked")


def _at(path: Path, line: str) -> str:
    """`<path>:<number of the line>`, the path alone where it has no such line or is not there."""
    if not path.is_file():
        return str(path)
    lines = [text.strip() for text in path.read_text(encoding="utf-8").splitlines()]
    return f"{path}:{lines.index(line) + 1}" if line in lines else str(path)
