"""What a name in a row is taken for, and what is left for a person to say."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.labels import Names, squeeze
from ingestion.registry import names_of_measures, seed

MEASURES = names_of_measures()
NAMES = Names(MEASURES)
LABELS = dict(
    zip(seed("registry/measures")["measure_code"], seed("registry/measures")["label"], strict=True)
)


@pytest.mark.parametrize("key", sorted(LABELS))
def test_every_measure_is_known_by_its_code_and_its_label(key: str) -> None:
    for written in (key, LABELS[key]):
        found = NAMES.find(written)
        assert found is not None
        assert (found.key, found.how, found.score) == (key, "exact", 100)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("CLA started", "cla_started"),
        (" S47 ", "s47"),
        ("INITIAL  CONTACTS", "contacts"),
        ("Children-in-need", "cin"),
        ("New CLA", "cla_started"),
    ],
)
def test_case_spaces_and_punctuation_do_not_matter(written: str, key: str) -> None:
    found = NAMES.find(written)
    assert found is not None
    assert (found.key, found.how) in {(key, "normalised"), (key, "exact")}


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Inital contacts", "contacts"),
        ("Refferals", "referrals"),
        ("assesments_completed", "assessments_completed"),
        ("Children lookd after", "cla"),
        ("Children starting to be loked after", "cla_started"),
    ],
)
def test_a_slip_is_read_as_the_name_it_is_nearest_to(written: str, key: str) -> None:
    found = NAMES.find(written)
    assert found is not None
    assert (found.key, found.how) == (key, "fuzzy")
    assert found.score < 100


@pytest.mark.parametrize(
    "written",
    [
        "Kids in need",
        "Referrals from: services",
        "Initial conferences within 45 working days",  # 15 is meant, or assessments
        "Plans starting within three years of a previous plan",
        "Children to be looked after",
        "Repeat referrals (%)",
        "% children in need",
        "icpc_within_15wd_%",
        "Accompanied asylum-seeking children looked after",
        "EHC needs reassessments",
        "Reassessments completed",
        "EHC plans unmaintained",
        "Children looked after (F)",
        "Referrals Q",
        "Deferrals",
        "Referrals from: Wealth services",
        "Child protection plans sending",
        "cl",
        "total",
        "",
    ],
)
def test_what_could_be_another_is_left_to_a_person(written: str) -> None:
    assert NAMES.find(written) is None


def test_a_remembered_correction_is_used_and_says_so() -> None:
    names = Names(MEASURES, {squeeze("Kids in need"): "cin"})
    found = names.find("kids  in NEED")
    assert found is not None
    assert (found.key, found.how) == ("cin", "alias")


def test_a_remembered_correction_does_not_overrule_the_issued_name() -> None:
    names = Names(MEASURES, {squeeze("Referrals"): "contacts"})
    found = names.find("Referrals")
    assert found is not None
    assert found.key == "referrals"


def test_a_name_of_two_things_means_neither() -> None:
    assert Names({"a": ["Plans"], "b": ["plans"]}).find("Plans") is None


def test_the_nearest_name_is_suggested_only_where_something_is_alike() -> None:
    assert NAMES.nearest("Kids in need") == "cin"
    assert NAMES.nearest("xyzzy 42") is None


@given(st.sampled_from(sorted(LABELS)), st.data())
def test_one_wrong_letter_never_moves_a_figure_to_another_measure(
    key: str, data: st.DataObject
) -> None:
    """Whatever letter goes wrong in a name, it is read as its own measure or not at all."""
    written = data.draw(st.sampled_from([key, LABELS[key]]))
    at = data.draw(st.integers(0, len(written) - 1))
    letter = data.draw(st.sampled_from(["", "x", "e", " ", "9", written[at] * 2]))
    found = NAMES.find(written[:at] + letter + written[at + 1 :])
    assert found is None or found.key == key


def test_the_issued_names_are_all_apart() -> None:
    """Codes and labels, squeezed, name one measure each: otherwise rows could not be placed."""
    names = [(squeeze(n), key) for key, own in LABELS.items() for n in {key, own}]
    for (a, first), (b, second) in itertools.combinations(names, 2):
        assert a != b or first == second
