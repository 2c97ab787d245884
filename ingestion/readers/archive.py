"""The parts of a zipped workbook, unpacked within bounds.

What a zip says of itself is a claim: sizes are counted while unpacking, before a library that
trusts them sees the file. Which parts there are is checked here, what they mean is not.
"""

import copy
import zipfile
from pathlib import Path, PurePosixPath
from types import TracebackType
from xml.etree import ElementTree
from xml.parsers import expat

from ingestion.readers import UnreadableFile, check_size, sniff

# A workbook with every sheet, drawing and picture of a report has some hundred.
MAX_MEMBERS = 10_000
# Trees take ten times the bytes; the largest list of styles seen has 0.1 MB.
MAX_TREE_BYTES = 32 * 1024 * 1024
_CHUNK = 1024 * 1024


class Archive:
    """A zip whose XML parts are unpacked at most once each, all together within a limit."""

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self._zip = zipfile.ZipFile(path)
        self._limit = self._left = limit_bytes
        self._seen: set[str] = set()
        # calamine looks parts up whatever their case.
        self._parts = {item.filename.lower(): item for item in self._zip.infolist()}
        try:
            self._check()
        except UnreadableFile:
            self._zip.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._parts

    def _check(self) -> None:
        items = self._zip.infolist()
        if len(items) > MAX_MEMBERS:
            raise sniff.unsafe(f"it has {len(items)} parts")
        if len(self._parts) < len(items):
            raise sniff.unsafe("it has two parts of the same name")
        for item in items:
            place = PurePosixPath(item.orig_filename)
            if place.is_absolute() or ".." in place.parts or set("\\:\x00") & set(str(place)):
                raise sniff.unsafe("a part in it is named as a place outside the file")
            if item.flag_bits & 0x1:
                raise sniff.encrypted()
        check_size(sum(item.file_size for item in items), self._limit)

    def read(self, part: str) -> bytes:
        """One part's XML; raises UnreadableFile past the limit and for a document type."""
        item = copy.copy(self._parts[part.lower()])
        # Read on to the true end: zipfile stops at the size the zip states, calamine does not.
        item.file_size = self._left + 2 * _CHUNK
        chunks = []
        with self._zip.open(item) as handle:
            while chunk := handle.read(_CHUNK):
                self._left -= len(chunk)
                if self._left < 0:
                    check_size(self._limit + 1, self._limit)
                chunks.append(chunk)
        self._seen.add(part.lower())
        data = b"".join(chunks)
        # In UTF-16 the search for a document type would find nothing.
        if b"\x00" in data[:64]:
            raise sniff.unsafe("its XML is not in UTF-8")
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise sniff.unsafe("it declares XML entities")
        return data

    def tree(self, part: str) -> ElementTree.Element:
        """A small part as a tree of elements."""
        data = self.read(part)
        check_size(len(data), min(self._limit, MAX_TREE_BYTES))
        return ElementTree.fromstring(data)  # noqa: S314 - without a DTD there is nothing to expand

    def read_well_formed(self, part: str) -> bytes:
        """One part's XML, for a reader that would look for ever for a tag that is never closed."""
        data = self.read(part)
        # Without a DTD there is nothing to expand, and nothing is built: 38 MB take 0.2 s.
        expat.ParserCreate().Parse(data, True)
        return data

    def unpack_rest(self) -> None:
        """Count what calamine may unpack besides; pictures and the like are not unpacked at all."""
        for part in self._parts:
            if part.endswith((".xml", ".rels")) and part not in self._seen:
                self.read(part)
