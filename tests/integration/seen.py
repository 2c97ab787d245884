"""All that can be read out of a file, however it is packed: for tests that look for something.

Belongs here: how formats are unpacked. Does not belong here: what is looked for, and where it may
stand. A PDF's pages are pictures of letters and are not read.
"""

import gzip
import io
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

_DESCRIBED = ("tables", "views", "columns", "functions")


def found_in(path: Path, wanted: Mapping[str, str]) -> set[str]:
    """Which of the texts `wanted` (each with what it is) stand in a file, in any case of letters.

    As UTF-8, or as UTF-16 or UTF-32 in either order of bytes.
    """
    sought = {text.lower().encode(): what for text, what in wanted.items()}
    found = set()
    for piece in pieces(path):
        # Without zero bytes every encoding of a plain letter is that letter.
        plain = piece.replace(b"\0", b"").lower()
        found |= {f"{what}: {text.decode()}" for text, what in sought.items() if text in plain}
    return found


def pieces(path: Path) -> Iterator[bytes]:
    """A file's name and bytes, and what is in it."""
    yield str(path).encode()
    content = path.read_bytes()
    yield content
    if content.startswith(b"SQLite format 3\0"):
        yield from _sqlite(path)
    elif content[8:12] == b"DUCK":
        yield from (text for _, text in duckdb_texts(path))
    else:
        yield from _unpacked(content)


def _unpacked(content: bytes) -> Iterator[bytes]:
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                part = archive.read(name)
                yield name.encode() + b"\n" + part
                yield from _unpacked(part)
    elif content.startswith(b"\x1f\x8b"):
        part = gzip.decompress(content)
        yield part
        yield from _unpacked(part)
    elif content.startswith(b"PAR1"):
        yield _text_of(pq.read_table(io.BytesIO(content)))


def _sqlite(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        names = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in names:
            rows = connection.execute(f'select * from "{name}"')  # noqa: S608 - its own tables
            yield "\n".join(str(cell) for row in rows for cell in row).encode()


def duckdb_texts(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each relation's schema with all its cells; under "" what the database says of itself."""
    with duckdb.connect(str(path), read_only=True) as connection:
        for kind in _DESCRIBED:
            yield "", _text_of(connection.sql(f"from duckdb_{kind}()").to_arrow_table())
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        for schema, name in names:
            cells = connection.sql(f'from "{schema}"."{name}"').to_arrow_table()
            yield schema, _text_of(cells)


def _text_of(table: pa.Table) -> bytes:
    """Names and cells, each on a line of its own; a date reads as 2025-09-30."""
    cells = (str(cell) for column in table.columns for cell in column.to_pylist())
    text = "\n".join(["", *table.column_names, str(table.schema.metadata), *cells, ""])
    return text.encode("utf-8", "replace")
