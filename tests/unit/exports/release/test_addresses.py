"""Addresses: read strictly, without secrets, and none from which another's files could be read."""

from pathlib import Path

import pytest

from exports.release.addresses import AddressError, addresses


def read(tmp_path: Path, text: str) -> dict[str, dict[str, str]]:
    file = tmp_path / "delivery.yml"
    file.write_text(text, encoding="utf-8")
    return addresses(file)


def test_an_address_for_all_products_or_one_for_each(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "dfe: s3://liia-dfe/in/\nlga: {appendix_b: 'abfs://in@account.dfs.core.windows.net/liia'}",
    )
    assert found["dfe"] == {"dfe": "s3://liia-dfe/in"}
    assert found["appendix_b"] == {
        "dfe": "s3://liia-dfe/in",
        "lga": "abfs://in@account.dfs.core.windows.net/liia",
    }


def test_without_a_file_or_with_an_empty_one_there_are_none(tmp_path: Path) -> None:
    assert addresses(tmp_path / "delivery.yml") == {}
    assert read(tmp_path, "# nobody yet\n") == {}


@pytest.mark.parametrize(
    "address",
    [
        "sftp://liia:SECRET@host/in",
        "s3://KEY:SEC/RET@bucket/in",
        "https://a.blob.core.windows.net/in?sv=1&sig=SECRET",
        "s3://bucket/in#SECRET",
    ],
)
def test_an_address_with_a_secret_is_refused_and_the_secret_not_said(
    address: str, tmp_path: Path
) -> None:
    with pytest.raises(AddressError, match=r"delivery\.yml: the address of dfe holds") as refused:
        read(tmp_path, f"dfe: {address!r}")
    assert "SEC" not in str(refused.value)
    assert "environment" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dfee: s3://x", "'dfee' is not a recipient of recipients.csv"),
        ("dfe: {rugg: s3://x}", "dfe: 'rugg' is not a product of products.csv"),
        ("dfe: {dfe: }", "dfe has no address"),
        ("dfe:", "dfe has no address"),
        ("dfe: 7", "dfe has no address"),
        ("dfe: share/in", "share/in, is neither a whole path"),
        ("dfe: 'simplecache::s3://x'", "is neither a whole path"),
        ("- dfe", "one line for each recipient"),
        ("dfe: s3://x\nd2i: s3://x/in", "dfe could read what is for d2i"),
        ("dfe: /mnt/a\nd2i: /mnt/a/", "their addresses are the same"),
    ],
)
def test_a_slip_is_named_with_the_file(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(AddressError, match=says) as refused:
        read(tmp_path, text)
    assert "delivery.yml" in str(refused.value)


def test_a_line_that_is_not_yaml_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="line 3: this is not YAML") as refused:
        read(tmp_path, "dfe: s3://x\nd2i: 's3://key:SECRET@x\n")
    assert "SECRET" not in str(refused.value)


def test_neighbours_whose_names_begin_alike_are_not_one_in_the_other(tmp_path: Path) -> None:
    assert read(tmp_path, "dfe: s3://x/in\nd2i: s3://x/inbox")["dfe"]["d2i"] == "s3://x/inbox"
