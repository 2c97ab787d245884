"""`liia fetch-published` on a screen: one line for each data set, and progress while it comes."""

from pathlib import Path

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Column
from rich.text import Text

from ingestion.download import Progress as Follow
from ingestion.fetch import Fetcher, Outcome
from ingestion.published_sources import DataSet, Sources
from ingestion.web import Client

_COLOURS = {"fetched": "green", "resumed": "green", "unchanged": "dim", "failed": "red"}


def fetch(
    landing: Path,
    sources: Sources,
    source_file: Path,
    data_sets: list[DataSet],
    dry_run: bool,
    console: Console,
) -> int:
    """Fetch, or say what would be; 0 or, with any data set failed, 1."""
    fetcher = Fetcher(landing, sources, source_file, Client(sources.requests))
    if dry_run:
        for data_set in data_sets:
            console.print(fetcher.plan(data_set), markup=False, soft_wrap=True)
        return 0
    failed = 0
    name = TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis"))
    size = DownloadColumn(table_column=Column(no_wrap=True))
    with Progress(
        BarColumn(20), size, name, console=console, transient=True, disable=not console.is_terminal
    ) as bars:

        def follow(name: str) -> Follow:
            task = bars.add_task(name, total=None, visible=False)
            return lambda done, total: bars.update(task, completed=done, total=total, visible=True)

        for outcome in fetcher.fetch(data_sets, follow):
            for task in bars.task_ids:
                bars.remove_task(task)
            _say(outcome, console)
            failed += outcome.state == "failed"
    console.print(
        f"{len(data_sets) - failed} of {len(data_sets)} data sets are up to date in "
        f"{fetcher.folder}.",
        markup=False,
        soft_wrap=True,
    )
    return 1 if failed else 0


def _say(outcome: Outcome, console: Console) -> None:
    size = [] if outcome.state == "failed" else [decimal(outcome.size)]
    told = f"{outcome.file}: {'; '.join([*size, *outcome.notes])}"
    state = (f"{outcome.state:<10}", _COLOURS[outcome.state])
    console.print(Text.assemble(state, told), soft_wrap=True)
