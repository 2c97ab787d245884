"""Old .xls workbooks, looked at in a process of their own before this one opens them.

One wrong byte in an .xls can name a cell in column 65,536: calamine asks for 12 GB and the process
is ended past any `except` (2 of 150 files with random bytes changed). A child reads it first, under
a limit of memory and time. It also tells what calamine leaves out: errors, percentages, hidden rows
and the day 0, which xlrd knows. An .xls does not tell a formula never calculated from an empty
text.
"""

import json
import subprocess
import sys
from pathlib import Path

from ingestion.readers import UnreadableFile
from ingestion.readers.notes import MAX_CELLS, Notes
from ingestion.readers.xlsx import is_percent

# The largest .xls that can be made in a second or two of reading; 300,000 cells take 0.3 s.
_SECONDS = 60
_TRIAL = Path(__file__).with_name("xls_trial.py")


def scan(path: Path) -> dict[str, Notes]:
    """Notes by sheet name; raises UnreadableFile where reading it ends the reader."""
    command = [sys.executable, "-P", str(_TRIAL), str(path), str(MAX_CELLS)]
    damaged = UnreadableFile(
        "the workbook is damaged; open it, save it as .xlsx and send that", "file.corrupt"
    )
    try:
        ended = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise damaged from error
    if ended.returncode == 1:
        return {}  # an ordinary exception, which the reading that follows raises with its reason
    if ended.returncode != 0:
        raise damaged
    return {
        sheet["name"]: Notes(
            {(row, column): text for row, column, text in sheet["texts"]},
            {(r, c) for r, c, number_format in sheet["formats"] if is_percent(number_format)},
            [(row, row) for row in sheet["hidden_rows"]],
            [(column, column) for column in sheet["hidden_columns"]],
            sheet["from_1904"],
        )
        for sheet in json.loads(ended.stdout)
    }
