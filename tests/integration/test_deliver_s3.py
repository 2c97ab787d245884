"""Delivery to an S3 server: a local one that answers as S3 does, through the library used there."""

import hashlib
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import fsspec
import pytest
import requests
from moto.server import ThreadedMotoServer

from exports import catalogue
from exports.files import Content
from exports.release import egress
from exports.release.delivery import Outcome, deliver
from exports.release.sending import Target
from exports.release.writing import Places, release
from ingestion.landing import LONDON
from ingestion.periods import Quarter

Q2 = Quarter(2025, 2)
NOW = datetime(2026, 1, 15, 9, 0, tzinfo=LONDON)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[fsspec.AbstractFileSystem]:
    """An empty store with the bucket `liia-dfe`; keys and address from the environment alone."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # What it holds is the process's, and outlives a server.
    requests.post(f"http://{host}:{port}/moto-api/reset", timeout=10)
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    store = fsspec.filesystem("s3", skip_instance_cache=True)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    store.mkdir("liia-dfe")
    yield store
    server.stop()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "marts", tmp_path / "outputs", tmp_path / "registers")


def write(places: Places, monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    content = Content({f"{name}.txt": text for name, text in files.items()}, ("R1",))
    monkeypatch.setattr(catalogue, "content", lambda *_: content)
    release("dfe", Q2, places, "run-1", NOW)


def send(places: Places, tmp_path: Path, address: str):
    file = tmp_path / "delivery.yml"
    file.write_text(f"dfe: {address}\n", encoding="utf-8")
    return deliver("dfe", Q2, places, file, "run-2", NOW, lambda a: Target(a, lambda _: None))


def read(store: fsspec.AbstractFileSystem) -> dict[str, bytes]:
    above = "liia-dfe/in/dfe/2025-26-Q2"
    pointer = json.loads(store.cat_file(f"{above}/latest.json"))
    manifest = store.cat_file(f"{above}/{pointer['manifest']}")
    assert hashlib.sha256(manifest).hexdigest() == pointer["sha256"]
    folder = pointer["manifest"].split("/")[0]
    return {
        name: store.cat_file(f"{above}/{folder}/{name}") for name in json.loads(manifest)["files"]
    }


def test_a_product_gets_to_a_bucket_whole_and_the_next_beside_it(
    s3: fsspec.AbstractFileSystem, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(places, monkeypatch, a="old", big="x" * 6_000_000)
    assert [one.outcome for one in send(places, tmp_path, "s3://liia-dfe/in")] == ["delivered"]
    first = read(s3)
    assert first["a.txt"] == b"old"
    assert send(places, tmp_path, "s3://liia-dfe/in")[0].outcome is Outcome.STANDS
    write(places, monkeypatch, a="new")
    send(places, tmp_path, "s3://liia-dfe/in")
    assert read(s3)["a.txt"] == b"new"
    # Who had begun to read the old goes on reading it.
    assert len(s3.glob("liia-dfe/in/dfe/2025-26-Q2/*/a.txt")) == 2
    assert [line.get("kind") for line in egress.lines(places.log)] == [None, "delivered"] * 2
    assert b"made-up" not in places.log.read_bytes()
    assert egress.verify(places.log).problems == ()


def test_a_bucket_that_is_not_there_is_not_made(
    s3: fsspec.AbstractFileSystem, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(places, monkeypatch, a="old")
    (failed,) = send(places, tmp_path, "s3://liia-dfee/in")
    assert failed.outcome is Outcome.FAILED
    assert "The specified bucket does not exist" in failed.reason
    s3.invalidate_cache()
    assert s3.ls("") == ["liia-dfe"]


def test_a_server_that_does_not_answer_fails_and_says_so(
    s3: fsspec.AbstractFileSystem, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(places, monkeypatch, a="old")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # its own, within each of ours
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    (failed,) = send(places, tmp_path, "s3://liia-dfe/in")
    assert failed.outcome is Outcome.FAILED
    assert "README.md did not get to s3://liia-dfe/in: " in failed.reason
    assert s3.find("liia-dfe") == []
