"""A landing zone to fetch into, from a real server on this machine that misbehaves."""

import json
from datetime import UTC, datetime
from pathlib import Path

from ingestion.fetch import RECORDS, Fetcher, Outcome
from ingestion.published_sources import Sources
from ingestion.web import Client
from tests.web_server import Server

NOW = datetime(2025, 7, 1, 11, 30, tzinfo=UTC)
CSV = (
    b"\xef\xbb\xbftime_period,time_identifier,geographic_level,x\n" + b"2024,Year,National,1\n" * 50
)
OTHER = CSV.replace(b",1\n", b",2\n")
IDS = [f"00000000-0000-0000-0000-00000000000{n}" for n in range(1, 5)]
PATH = f"/set/{IDS[0]}/csv"


class Place:
    """A landing zone with its list of data sets, a clock that stands, and sleep that does not."""

    def __init__(self, zone: Path, server: Server) -> None:
        self.zone, self.folder = zone, zone / "published"
        self.slept: list[float] = []
        self.described = {
            "addresses": {
                "catalogue": f"{server.base}/set/{{data_set_file_id}}/csv",
                "publication": f"{server.base}/publication/{{publication}}",
                "api": f"{server.base}/v1",
            },
            "requests": {
                "seconds_between": 1,
                "timeout_seconds": 5,
                "attempts": 3,
                "first_wait_seconds": 2,
                "longest_wait_seconds": 60,
                "largest_megabytes": 1,
            },
            "data_sets": [self.data_set("a.csv", data_set_file_id=IDS[0])],
        }

    @staticmethod
    def data_set(name: str, **more: str) -> dict[str, str]:
        about = {"file": name, "publication": "cin", "release": "2024", "status": "confirmed"}
        return about | more

    def rule(self, **rules: float) -> None:
        self.described["requests"] |= rules

    def sets(self, *data_sets: dict[str, str]) -> None:
        self.described["data_sets"] = list(data_sets)

    def fetch_all(self) -> list[Outcome]:
        sources = Sources.model_validate(self.described)
        client = Client(
            sources.requests, sleep=self.slept.append, now=lambda: NOW, jitter=lambda: 0.5
        )
        fetcher = Fetcher(self.zone, sources, Path("sources.yml"), client, now=lambda: NOW)
        return list(fetcher.fetch(sources.data_sets, lambda name: lambda done, total: None))

    def fetch(self) -> Outcome:
        (outcome,) = self.fetch_all()
        return outcome

    def stored(self, name: str = "a.csv") -> bytes:
        return (self.folder / name).read_bytes()

    def hidden(self) -> set[str]:
        return {path.name for path in self.folder.glob(".*")}

    def records(self) -> dict:
        return json.loads((self.folder / RECORDS).read_text())
