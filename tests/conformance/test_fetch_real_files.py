"""DfE's own files, fetched from a server on this machine and read by the pipeline."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from ingestion.fetch import Fetcher
from ingestion.pipeline import ingest
from ingestion.published_sources import load_sources
from ingestion.web import Client
from tests.web_server import answer, file, serving

pytestmark = pytest.mark.conformance

C4 = "c4_children_in_need_section_47s_and_icpcs_2013_to_2024.csv"


def test_what_is_fetched_is_what_the_pipeline_reads(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file of the packaged list that is at hand: broken off, packed, then as it is."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    packaged = load_sources()
    real = {
        data_set.file: (shared / "published" / data_set.file).read_bytes()
        for data_set in packaged.data_sets
        if (shared / "published" / data_set.file).exists()
    }
    assert len(real) >= 5
    zone = tmp_path / "landing"
    zone.mkdir()
    now = datetime.now(tz=UTC)
    with serving() as server:
        catalogue = f"{server.base}/data-set/{{data_set_file_id}}/csv"
        addresses = packaged.addresses.model_copy(update={"catalogue": catalogue})
        sources = packaged.model_copy(update={"addresses": addresses})
        chosen = sources.chosen(list(real))
        for number, data_set in enumerate(chosen):
            content = real[data_set.file]
            sent = gzip.compress(content) if number % 2 else content
            path = sources.address(data_set).removeprefix(server.base)
            server.tell(path, answer(200, sent, cut=len(sent) // 3, ETag='"one"'), file(sent))
        client = Client(sources.requests, sleep=lambda seconds: None)
        fetcher = Fetcher(zone, sources, Path("sources.yml"), client)
        for state in ("resumed", "unchanged"):
            outcomes = list(fetcher.fetch(chosen, lambda name: lambda done, total: None))
            assert {outcome.state for outcome in outcomes} == {state}, outcomes
    for name, content in real.items():
        assert (zone / "published" / name).read_bytes() == content

    ingest("published", zone, tmp_path / "home", b"key", now)
    files = pd.read_parquet(tmp_path / "home" / "raw" / "published_files.parquet")
    assert {path.split("/")[-1] for path in files["path"]} == set(real)
    (c4,) = files[files["path"].str.endswith(C4)].to_dict("records")
    assert (c4["state"], c4["dataset"], c4["release"]) == ("accepted", "cin_s47_icpc", "2024")
