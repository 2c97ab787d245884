"""A new release of a published dataset, landed beside the one before it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion import check, landing, registry
from ingestion.ledger import Ledger
from ingestion.pipeline import Ingested, ingest
from tests.unit.ingestion.builders import KEY, NOW
from tests.unit.ingestion.published_files import nudged, text, whole_file

REFERRALS, LEAVERS = "published/c1.csv", "published/leavers.csv"


@dataclass(frozen=True)
class Place:
    """A landing zone with its home."""

    zone: Path
    home: Path

    def land(self, path: str, file: pd.DataFrame, sidecar: str = "") -> None:
        target = self.zone / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text(file), encoding="utf-8")
        if sidecar:
            target.with_name(target.name + ".yml").write_text(sidecar, encoding="utf-8")

    def run(self, days: int = 0) -> Ingested:
        return ingest("published", self.zone, self.home, KEY, NOW + timedelta(days=days))

    def findings(self) -> pd.DataFrame:
        return pd.read_parquet(self.home / "raw" / "published_findings.parquet")

    def files(self) -> pd.DataFrame:
        return Ledger(self.home / "ledger" / "published.parquet").read().set_index("path")

    def values(self, path: str) -> pd.DataFrame:
        held = pq.read_table(self.home / "raw" / "published_values.parquet").to_pandas()
        held = held[held["file_id"] == self.files().loc[path, "file_id"]]
        return held.drop(columns="file_id").reset_index(drop=True)


@pytest.fixture
def place(zone: Path, tmp_path: Path) -> Place:
    return Place(zone, tmp_path / "home")


def test_a_first_release_has_nothing_to_be_held_against(place: Place) -> None:
    place.land(REFERRALS, whole_file("cin_referrals"))
    place.run()
    assert place.findings().empty


def test_a_renamed_column_is_told_and_a_needed_one_blocks_that_file_alone(place: Place) -> None:
    place.land(REFERRALS, whole_file("cin_referrals"))
    place.land(LEAVERS, whole_file("care_leavers_activity"))
    place.run()
    before = place.values(REFERRALS), place.values(LEAVERS)
    next_year = whole_file("cin_referrals", (2023, 2024, 2025))
    place.land("published/c1_2025.csv", next_year.rename(columns={"Re_referrals": "Returners"}))
    place.run(days=1)
    lost = place.findings().query("severity == 'block'")
    assert set(lost["rule_id"]) <= {"headers.missing", "drift.column.lost"}
    assert "Re_referrals" in " ".join(lost["message"])
    assert place.files().loc["published/c1_2025.csv", "state"] == "quarantined"
    assert (place.home / "quarantine" / "published").is_dir()
    # What was loaded before counts as it did, and so does every other file.
    pd.testing.assert_frame_equal(place.values(REFERRALS), before[0])
    pd.testing.assert_frame_equal(place.values(LEAVERS), before[1])
    assert place.files().loc[[REFERRALS, LEAVERS], "is_current"].all()


def test_a_renamed_column_that_no_figure_needs_is_told_with_its_likely_match(place: Place) -> None:
    place.land(REFERRALS, whole_file("cin_referrals"))
    renamed = whole_file("cin_referrals", (2023, 2024, 2025))
    place.land("published/c1_2025.csv", renamed.rename(columns={"Not_in_Need": "Unneedy"}))
    place.run()
    (lost,) = place.findings().query("rule_id == 'drift.column.lost'").to_dict("records")
    assert (lost["severity"], lost["expected"], lost["suggestion"]) == (
        "check",
        "Not_in_Need",
        "Unneedy",
    )
    assert place.files().loc["published/c1_2025.csv", "is_current"]


def test_both_releases_landed_at_once_are_held_against_each_other_in_order(place: Place) -> None:
    """Their names and times say nothing: the release does."""
    place.land("published/a.csv", whole_file("cin_referrals", (2023, 2024, 2025)))
    place.land("published/b.csv", whole_file("cin_referrals", (2023, 2024)))
    place.run()
    files, found = place.files(), place.findings()
    assert files["submission_number"].to_dict() == {"published/a.csv": 2, "published/b.csv": 1}
    assert set(found["file_id"]) == {files.loc["published/a.csv", "file_id"]}
    assert set(found["rule_id"]) == {"drift.period.gained"}


def test_a_release_put_in_the_place_of_the_one_before_is_held_against_it(place: Place) -> None:
    place.land(REFERRALS, whole_file("cin_referrals"))
    place.run()
    place.land(REFERRALS, whole_file("cin_referrals", (2024, 2025)))
    place.run(days=1)
    assert set(place.findings()["rule_id"]) == {"drift.period.gained", "drift.period.lost"}


def test_a_second_run_says_the_same_and_compares_nothing_anew(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.land(REFERRALS, whole_file("cin_referrals"))
    place.land("published/c1_2025.csv", whole_file("cin_referrals", (2023, 2024, 2025)))
    place.run()
    first = place.findings()
    monkeypatch.setattr("ingestion.drift.compare", lambda *_: pytest.fail("compared again"))
    place.run(days=1)
    pd.testing.assert_frame_equal(place.findings(), first)


REVISED = {"Referrals", "Referrals_child"}


def test_a_revision_that_looks_like_another_column_blocks_until_somebody_says_it_is_right(
    place: Place,
) -> None:
    place.land(REFERRALS, whole_file("cin_referrals"))
    new = nudged(whole_file("cin_referrals", (2023, 2024, 2025)), REVISED, 2)
    place.land("published/c1_2025.csv", new)
    place.run()
    found = place.findings().query("rule_id == 'drift.history.revised'")
    assert set(found["severity"]) == {"block"}
    assert place.files().loc[REFERRALS, "is_current"]
    place.land("published/c1_2025.csv", new, "revision_accepted: DfE’s note of 30 October\n")
    place.run(days=1)
    found = place.findings().query("rule_id == 'drift.history.revised'")
    assert set(found["severity"]) == {"check"}
    assert found["message"].str.contains("accepted by hand: DfE’s note of 30 October").all()
    files = place.files().query("state == 'accepted'")
    assert files.loc["published/c1_2025.csv", "is_current"]


def test_a_blocked_release_is_not_what_the_next_one_is_held_against(place: Place) -> None:
    place.land("published/2023.csv", whole_file("cin_referrals", (2022, 2023)))
    place.land("published/2024.csv", nudged(whole_file("cin_referrals"), REVISED, 2))
    place.land("published/2025.csv", whole_file("cin_referrals", (2022, 2023, 2024, 2025)))
    place.run()
    files = place.files()
    assert files["state"].to_dict() == {
        "published/2023.csv": "accepted",
        "published/2024.csv": "quarantined",
        "published/2025.csv": "accepted",
    }


def test_a_file_is_held_against_what_a_home_has_before_it_is_landed(
    place: Place, tmp_path: Path
) -> None:
    place.land(REFERRALS, whole_file("cin_referrals"))
    place.run()
    new = tmp_path / "new.csv"
    new.write_text(text(whole_file("cin_referrals", (2024, 2025))), encoding="utf-8")
    result = check.check_file(new, home=place.home)
    assert {finding["rule_id"] for finding in result["findings"]} == {
        "drift.period.gained",
        "drift.period.lost",
    }
    assert result["not_checked"] == []
    # Nothing was stored, and without a release before it the check says what it left out.
    assert list(place.files().index) == [REFERRALS]
    alone = check.check_file(new, home=tmp_path / "nowhere")
    assert (alone["findings"], [rule["rule_id"] for rule in alone["not_checked"]]) == (
        [],
        ["drift"],
    )
    old = check.check_file(place.zone / REFERRALS, home=place.home)
    assert old["findings"] == []


def test_a_split_category_is_mapped_from_its_release_on_and_older_files_still_fit(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Total in education, employment or training"
    whole = f"care_leaver_age=19 to 21 years; breakdown={name}"
    mapping = registry.seed("registry/published_measures")
    row = mapping[mapping["filter_key"] == whole]
    parts = [row.assign(filter_key=f"{whole} ({i})", first_release="2025") for i in ("one", "two")]
    versions = pd.concat([mapping.drop(row.index), row.assign(last_release="2024"), *parts])
    original = registry.seed

    def seed(table: str) -> pd.DataFrame:
        return versions if table == "registry/published_measures" else original(table)

    place.land(LEAVERS, whole_file("care_leavers_activity"))
    new = whole_file("care_leavers_activity", (2023, 2024, 2025))
    rows = new[new["breakdown"] == name]
    halves = [rows.assign(breakdown=f"{name} ({i})") for i in ("one", "two")]
    new = pd.concat([new[new["breakdown"] != name], *halves], ignore_index=True)
    place.land("published/leavers_2025.csv", new)
    alone = check.check_file(place.zone / "published" / "leavers_2025.csv")
    assert "published.category.missing" in {f["rule_id"] for f in alone["findings"]}
    monkeypatch.setattr(registry, "seed", seed)
    registry.published_places.cache_clear()
    try:
        place.run()
    finally:
        registry.published_places.cache_clear()
    assert set(place.files()["state"]) == {"accepted"}


# The damages that a year's file may come with, each with what must name it.


def rename(file: pd.DataFrame, draw: Callable) -> tuple[pd.DataFrame, str]:
    column = draw(st.sampled_from(list(file.columns)))
    return file.rename(
        columns={column: draw(st.sampled_from(["Mystery", "n_2", "Zz top"]))}
    ), column


def split(file: pd.DataFrame, draw: Callable) -> tuple[pd.DataFrame, str]:
    category = draw(st.sampled_from(sorted(file["breakdown"].unique())))
    rows = file[file["breakdown"] == category]
    counts = ["care_leaver_count", "care_leaver_percent"]
    first = rows.assign(breakdown=category + " (one)")
    second = rows.assign(breakdown=category + " (two)")
    for name in counts:
        whole = rows[name].astype(int)
        first[name], second[name] = (whole // 3).astype(str), (whole - whole // 3).astype(str)
    kept = file[file["breakdown"] != category]
    return pd.concat([kept, first, second], ignore_index=True), category


def symbol(file: pd.DataFrame, draw: Callable) -> tuple[pd.DataFrame, str]:
    sign = draw(st.sampled_from(["§", "n/k", "suppressed", "#"]))
    changed = file.copy()
    row = draw(st.integers(0, len(file) - 1))
    changed.loc[row, "care_leaver_count"] = sign
    return changed, sign


def double(file: pd.DataFrame, draw: Callable) -> tuple[pd.DataFrame, str]:
    row = draw(st.integers(0, len(file) - 1))
    again = file.iloc[[row]].copy()
    if draw(st.booleans()):
        again["care_leaver_count"] = "7"
    return pd.concat([file, again], ignore_index=True), str(len(file) + 2)


def lose(file: pd.DataFrame, draw: Callable) -> tuple[pd.DataFrame, str]:
    area = draw(st.sampled_from(sorted(set(file["la_name"]) - {""})))
    return file[file["la_name"] != area].reset_index(drop=True), area


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), damage=st.sampled_from([rename, split, symbol, double, lose]))
def test_any_damage_to_a_release_is_named_and_touches_nothing_else(
    data: st.DataObject, damage: Callable, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("release")
    place = Place(folder / "landing", folder / "home")
    place.land(REFERRALS, whole_file("cin_referrals"))
    place.land(LEAVERS, whole_file("care_leavers_activity"))
    file, name = damage(whole_file("care_leavers_activity", (2023, 2024, 2025)), data.draw)
    place.run()
    referrals, before = place.values(REFERRALS), place.values(LEAVERS)
    place.land("published/leavers_2025.csv", file)
    place.run(days=1)
    found = place.findings()
    words = found[["message", "value", "column", "expected", "suggestion", "row"]].astype("string")
    named = words.apply(lambda text: text.str.contains(name, regex=False, na=False)).any(axis=1)
    assert named.any(), (damage.__name__, name, found[["rule_id", "message"]])
    assert set(found["file_id"]) == {place.files().loc["published/leavers_2025.csv", "file_id"]}
    pd.testing.assert_frame_equal(place.values(REFERRALS), referrals)
    pd.testing.assert_frame_equal(place.values(LEAVERS), before)
    # A file that is taken in gives the same figures where it was not damaged, or it is set aside.
    accepted = place.files().loc["published/leavers_2025.csv", "state"] == "accepted"
    blocked = (found["severity"] == "block").any()
    assert accepted != blocked


def test_the_sidecar_key_is_one_of_those_that_are_read(place: Place) -> None:
    place.land(REFERRALS, whole_file("cin_referrals"), "revision_accepted: yes it is\n")
    (file,) = landing.scan(place.zone, "published")
    assert (file.sidecar, file.sidecar_problems) == ({"revision_accepted": "yes it is"}, [])


def test_files_copied_anew_keep_their_order(place: Place) -> None:
    """The ledger keeps the time at which each was first seen, and so does the comparison."""
    old = whole_file("cin_referrals")
    place.land("published/a.csv", old)
    place.land("published/b.csv", nudged(old, ["Not_in_Need"], 1.05))
    for name, seconds in (("a", 1.7e9), ("b", 1.71e9)):
        os.utime(place.zone / f"published/{name}.csv", (seconds, seconds))
    place.run()
    first = place.findings()
    assert set(first["file_id"]) == {place.files().loc["published/b.csv", "file_id"]}
    os.utime(place.zone / "published/a.csv", (1.72e9, 1.72e9))
    place.run(days=1)
    pd.testing.assert_frame_equal(place.findings(), first)
    for name, differs in (("a", False), ("b", True)):
        result = check.check_file(place.zone / f"published/{name}.csv", home=place.home)
        assert bool(result["findings"]) == differs


def test_what_was_taken_away_is_not_what_the_next_release_is_held_against(place: Place) -> None:
    """The run after would not know it, and would take in what this one had set aside."""
    place.land("published/2024.csv", whole_file("cin_referrals"))
    place.run()
    (place.zone / "published/2024.csv").unlink()
    new = nudged(whole_file("cin_referrals", (2023, 2024, 2025)), REVISED, 2)
    place.land("published/2025.csv", new)
    for days in (1, 2):
        place.run(days)
        assert place.findings().empty
        assert place.files().loc["published/2025.csv", "state"] == "accepted"


def test_a_release_whose_acceptance_is_taken_back_blocks_at_once_and_stays_so(
    place: Place,
) -> None:
    place.land("published/2024.csv", whole_file("cin_referrals"))
    new = nudged(whole_file("cin_referrals", (2023, 2024, 2025)), REVISED, 2)
    place.land("published/2025.csv", new, "revision_accepted: yes\n")
    place.run()
    (place.zone / "published/2025.csv.yml").unlink()
    for days in (1, 2):
        place.run(days)
        found = place.findings().query("rule_id == 'drift.history.revised'")
        assert set(found["severity"]) == {"block"}


def test_a_comparison_that_was_interrupted_is_done_again(place: Place) -> None:
    place.land(REFERRALS, whole_file("cin_referrals"))
    place.land("published/c1_2025.csv", whole_file("cin_referrals", (2023, 2024, 2025)))
    place.run()
    first = place.findings()
    (kept,) = (place.home / "raw" / ".parsed").rglob("drift-*.json")
    kept.write_text(kept.read_text()[:20])
    place.run(days=1)
    pd.testing.assert_frame_equal(place.findings(), first)


def test_a_comparison_that_fails_sets_its_file_aside_and_stops_no_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.land(REFERRALS, whole_file("cin_referrals"))
    place.land("published/c1_2025.csv", whole_file("cin_referrals", (2023, 2024, 2025)))
    place.land(LEAVERS, whole_file("care_leavers_activity"))
    with monkeypatch.context() as patched:
        patched.setattr("ingestion.drift.compare", lambda *_: 1 / 0)
        place.run()
    assert list(place.findings()["rule_id"]) == ["drift.failed"]
    assert place.files()["state"].to_dict() == {
        REFERRALS: "accepted",
        "published/c1_2025.csv": "quarantined",
        LEAVERS: "accepted",
    }
    # Nothing of a failure is kept: the next run compares again.
    place.run(days=1)
    assert set(place.findings()["rule_id"]) == {"drift.period.gained"}
