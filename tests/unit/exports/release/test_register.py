"""Who may have what: each recipient, each product, each state an authorisation can be in."""

from datetime import date

import pytest

from exports.release.register import (
    Decision,
    RegisterError,
    State,
    agreement_on,
    authorities_for,
    decide,
)
from ingestion.periods import Quarter
from ingestion.registry import seed
from tests.unit.exports.release.registers import Registers

Q2 = Quarter(2025, 2)
TODAY = date(2026, 1, 15)
CAMDEN = "E09000007"

RECIPIENTS = seed("reference/recipients").set_index("recipient")
PRODUCTS = seed("registry/products").set_index("product_id")
APPENDIX_B = RECIPIENTS.index[RECIPIENTS["kind"] == "appendix_b"].tolist()

# How the one authorisation of a pair is, and what becomes of it where nothing else stands against.
STATES = {
    "present": ({}, State.PRESENT),
    "on its first day": ({"valid_from": "2026-01-15"}, State.PRESENT),
    "on its last day": ({"valid_to": "2026-01-15"}, State.PRESENT),
    "expired": ({"valid_to": "2026-01-14"}, State.EXPIRED),
    "not yet": ({"valid_from": "2026-01-16"}, State.NOT_YET),
    "quarters before": ({"quarters_to": "2025-26 Q1"}, State.OUT_OF_SCOPE),
    "quarters after": ({"quarters_from": "2025-26 Q3"}, State.OUT_OF_SCOPE),
    "this quarter": ({"quarters_from": "2025-26 Q2", "quarters_to": "2025-26 Q2"}, State.PRESENT),
    "fewer indicators": ({"indicator_set": "supplementary"}, State.OUT_OF_SCOPE),
}

# An extract holds what its authorisation names: one that names no set gives nothing.
OF_AN_EXTRACT = {
    state: State.OUT_OF_SCOPE for state, (_, to) in STATES.items() if to is State.PRESENT
}
OF_AN_EXTRACT["fewer indicators"] = State.PRESENT


def decision(recipient: str, product_id: str, on: date = TODAY) -> Decision:
    (found,) = [d for d in decide(product_id, Q2, on) if d.recipient == recipient]
    return found


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("product_id", PRODUCTS.index)
@pytest.mark.parametrize("recipient", RECIPIENTS.index)
def test_each_recipient_product_and_state(
    recipient: str, product_id: str, state: str, registers: Registers
) -> None:
    values, expected = STATES[state]
    registers.only(recipient, product_id, **values)
    if recipient in ("adcs", "government") and product_id != "adcs":
        expected = State.WRONG_GRAIN  # they may have London as a whole alone
    elif PRODUCTS.loc[product_id, "indicators"] == "authorised" and state in OF_AN_EXTRACT:
        expected = OF_AN_EXTRACT[state]
    found = decision(recipient, product_id)
    assert found.state is expected
    assert found.allowed is (expected is State.PRESENT)
    # What one body may have gives another nothing.
    others = [d for d in decide(product_id, Q2, TODAY) if d.recipient != recipient]
    assert {d.state for d in others} == {State.ABSENT}


@pytest.mark.parametrize("product_id", PRODUCTS.index)
def test_without_a_row_nobody_has_anything(product_id: str, registers: Registers) -> None:
    registers.drop("reference/authorisations", "product_id != ''")
    found = decide(product_id, Q2, TODAY)
    assert len(found) == len(RECIPIENTS)
    assert not any(d.allowed for d in found)
    assert all("has no authorisation for" in d.reason for d in found)


def test_what_the_memorandum_gives_and_nothing_more() -> None:
    given = {
        product_id: [d.recipient for d in decide(product_id, Q2, TODAY) if d.allowed]
        for product_id in PRODUCTS.index
    }
    assert given == {
        "dfe": ["dfe"],
        "rug": ["london_las"],
        "returns": ["london_las"],
        "packs": ["london_las"],
        "narratives": ["london_las"],
        "d2i": ["d2i"],
        "adcs": ["adcs"],
        "lscb": ["london_las", "lscb"],
        "appendix_b": [],
        "reports": ["london_las"],
    }


@pytest.mark.parametrize("basis", ["mou", "aldcs", "la_permission"])
@pytest.mark.parametrize("recipient", APPENDIX_B)
def test_an_appendix_b_body_needs_lciib(recipient: str, basis: str, registers: Registers) -> None:
    registers.only(recipient, "d2i", basis=basis)
    found = decision(recipient, "d2i")
    assert found.state is State.WRONG_BASIS
    assert f"rests on '{basis}'" in found.reason
    assert "needs lciib" in found.reason


def test_an_extract_needs_lciib_whoever_it_is_for(registers: Registers) -> None:
    registers.only("dfe", "appendix_b", basis="mou", indicator_set="riia_2018_18")
    assert decision("dfe", "appendix_b").state is State.WRONG_BASIS
    registers.only("dfe", "appendix_b", indicator_set="riia_2018_18")
    assert decision("dfe", "appendix_b").state is State.PRESENT


def test_other_departments_have_nothing_by_the_memorandum_alone(registers: Registers) -> None:
    registers.only("government", "adcs", basis="mou")
    assert decision("government", "adcs").state is State.WRONG_BASIS


def test_a_body_that_nobody_listed_gets_nothing(registers: Registers) -> None:
    registers.only("newspaper", "adcs")
    found = decision("newspaper", "adcs")
    assert found.state is State.NOT_LISTED
    assert "not on the register of recipients" in found.reason


@pytest.mark.parametrize("span", [{"valid_to": "2026-01-14"}, {"valid_from": "2026-01-16"}])
def test_a_recipient_off_the_register_gets_nothing(
    span: dict[str, str], registers: Registers
) -> None:
    registers.change("reference/recipients", "recipient == 'dfe'", **span)
    found = decision("dfe", "dfe")
    assert found.state is State.LAPSED
    assert "recipients.csv" in found.reason


@pytest.mark.parametrize("span", [{"valid_to": "2026-01-14"}, {"valid_from": "2026-01-16"}])
def test_without_the_memorandum_nothing_goes_out(
    span: dict[str, str], registers: Registers
) -> None:
    registers.change("reference/agreement_versions", "agreement == 'mou'", **span)
    registers.authorise("lga", "d2i")
    assert agreement_on(TODAY) is None
    for product_id, recipient in [("dfe", "dfe"), ("rug", "london_las"), ("d2i", "lga")]:
        assert decision(recipient, product_id).state is State.NO_AGREEMENT


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"valid_to": "2025-12-31"}, "a1 of Department for Education ended on 31 December 2025"),
        ({"valid_from": "2026-04-01"}, "begins on 1 April 2026, and this is 15 January 2026"),
        ({"quarters_to": "2025-26 Q1"}, "covers quarters to 2025-26 Q1, not 2025-26 Q2"),
        ({"quarters_from": "2025-26 Q4"}, "covers quarters from 2025-26 Q4, not 2025-26 Q2"),
        ({"indicator_set": "supplementary"}, "covers the indicators of supplementary, and"),
    ],
)
def test_a_refusal_names_the_authorisation_and_what_is_wrong_with_it(
    values: dict[str, str], says: str, registers: Registers
) -> None:
    registers.only("dfe", "dfe", **values)
    found = decision("dfe", "dfe")
    assert says in found.reason
    assert found.authorisation == "a1"
    assert found.reference == "LCIIB 12/2025"


def test_a_set_that_covers_the_product_is_enough(registers: Registers) -> None:
    registers.only("dfe", "dfe", indicator_set="riia_2022_31")
    assert decision("dfe", "dfe").allowed
    registers.only("london_las", "rug", indicator_set="riia_2022_31")
    assert decision("london_las", "rug").state is State.OUT_OF_SCOPE  # the rug holds more


def test_a_renewal_takes_over_and_what_ends_soon_is_said(registers: Registers) -> None:
    registers.only("dfe", "dfe", valid_to="2026-02-14")
    (warning, _review) = decision("dfe", "dfe").warnings
    assert "a1 of Department for Education ends on 14 February 2026, in 30 days" in warning
    assert len(decision("dfe", "dfe", date(2025, 12, 1)).warnings) == 1  # 75 days: the review alone
    registers.authorise("dfe", "dfe", authorisation="a2", valid_from="2026-02-15")
    assert not any("ends on" in w for w in decision("dfe", "dfe").warnings)
    later = decision("dfe", "dfe", date(2026, 2, 15))
    assert (later.allowed, later.authorisation) == (True, "a2")


def test_a_renewal_with_a_gap_is_no_renewal(registers: Registers) -> None:
    registers.only("dfe", "dfe", valid_to="2026-02-14")
    registers.authorise("dfe", "dfe", authorisation="a2", valid_from="2026-03-01")
    assert any("ends on 14 February" in w for w in decision("dfe", "dfe").warnings)
    assert not decision("dfe", "dfe", date(2026, 2, 20)).allowed


def test_an_overdue_review_is_said_and_stops_nothing() -> None:
    found = decision("dfe", "dfe")
    assert found.allowed
    assert "to be reviewed after 30 June 2024" in found.warnings[0]
    assert decision("dfe", "dfe", date(2024, 6, 30)).warnings == ()


def test_an_assumed_authorisation_says_so(registers: Registers) -> None:
    registers.only("dfe", "dfe", status="assumed")
    assert "a1 is assumed" in decision("dfe", "dfe").warnings[0]


def test_all_33_are_in_what_london_shares() -> None:
    for product_id in PRODUCTS.index:
        authorities = authorities_for(product_id, Q2, TODAY)
        assert (len(authorities.permitted), authorities.left_out) == (33, {})


@pytest.mark.parametrize(
    ("last_day", "left_out"),
    [
        ("2026-01-14", True),  # it took part in the quarter, and no longer does
        ("2025-09-29", True),
        ("2026-01-15", False),
    ],
)
def test_an_authority_opts_out_of_one_product(
    last_day: str, left_out: bool, registers: Registers
) -> None:
    registers.opt_out(CAMDEN, "sharing_dfe", last_day)
    authorities = authorities_for("dfe", Q2, TODAY)
    assert authorities.left_out == ({CAMDEN: "Camden"} if left_out else {})
    assert len(authorities.permitted) == 33 - left_out
    assert authorities_for("d2i", Q2, TODAY).left_out == {}


def test_a_quarter_from_before_an_authority_joined_is_not_shared(registers: Registers) -> None:
    which = f"new_la_code == '{CAMDEN}' and activity == 'sharing_dfe'"
    registers.change("reference/participation", which, valid_from="2025-10-01")
    assert CAMDEN in authorities_for("dfe", Q2, TODAY).left_out
    assert CAMDEN in authorities_for("dfe", Quarter(2025, 3), TODAY).permitted


def test_an_authority_without_a_row_is_not_in(registers: Registers) -> None:
    which = f"new_la_code == '{CAMDEN}' and activity == 'sharing_d2i'"
    registers.drop("reference/participation", which)
    assert authorities_for("d2i", Q2, TODAY).left_out == {CAMDEN: "Camden"}


@pytest.mark.parametrize(
    ("register", "where", "values", "state"),
    [
        ("recipients", "recipient == 'dfe'", {"grain": "LA"}, State.WRONG_GRAIN),
        ("recipients", "recipient == 'dfe'", {"kind": "appendix"}, State.WRONG_BASIS),
        ("authorisations", "recipient == 'dfe'", {"basis": ""}, State.WRONG_BASIS),
        ("authorisations", "recipient == 'dfe'", {"indicator_set": "rii"}, State.OUT_OF_SCOPE),
    ],
)
def test_a_word_that_is_not_known_lets_nothing_out(
    register: str, where: str, values: dict[str, str], state: State, registers: Registers
) -> None:
    """dbt's tests refuse it too, but an asset materialised alone runs none of them."""
    registers.change(f"reference/{register}", where, **values)
    assert decision("dfe", "dfe").state is state


def test_a_row_without_a_first_day_is_named(registers: Registers) -> None:
    registers.change("reference/authorisations", "recipient == 'dfe'", valid_from="")
    with pytest.raises(RegisterError, match="mou_dfe: valid_from is empty"):
        decide("dfe", Q2, TODAY)


def test_a_slip_in_a_register_is_named(registers: Registers) -> None:
    registers.change("reference/authorisations", "recipient == 'dfe'", valid_to="31/12/2026")
    with pytest.raises(RegisterError, match=r"mou_dfe: valid_to is '31/12/2026'; write a day"):
        decide("dfe", Q2, TODAY)
    with pytest.raises(RegisterError, match="'fde' is not a product"):
        decide("fde", Q2, TODAY)
