"""The codes of an Annex A workbook as Ofsted's template words them, and how often each is used.

Data only; the shares are of London's order, and chance decides each child. What the codes mean
stands in `ingestion/codes.yml`.
"""

YES, NO, UNKNOWN = "a) Yes", "b) No", "c) Unknown"

SOURCES = {
    "individual": [f"{a}) 1{b}: Individual" for a, b in zip("abcd", "ABCD", strict=True)],
    "schools": ["e) 2A: Schools"],
    "education_services": ["f) 2B: Education services"],
    "health_services": [
        f"{a}) 3{b}: Health services" for a, b in zip("ghijkl", "ABCDEF", strict=True)
    ],
    "housing": ["m) 4: Housing"],
    "la_services": [f"{a}) 5{b}: LA services" for a, b in zip("nop", "ABC", strict=True)],
    "police": ["q) 6: Police"],
    "other_legal_agency": ["r) 7: Other legal agency"],
    "other": ["s) 8: Other"],
    "anonymous": ["t) 9: Anonymous"],
    "unknown": ["u) 10: Unknown"],
}
ETHNICITY = {
    "a) WBRI": 0.27,
    "b) WIRI": 0.01,
    "c) WIRT": 0.005,
    "d) WOTH": 0.11,
    "e) WROM": 0.01,
    "f) MWBC": 0.05,
    "g) MWBA": 0.02,
    "h) MWAS": 0.02,
    "i) MOTH": 0.045,
    "j) AIND": 0.03,
    "k) APKN": 0.035,
    "l) ABAN": 0.055,
    "m) AOTH": 0.045,
    "n) BCRB": 0.065,
    "o) BAFR": 0.13,
    "p) BOTH": 0.035,
    "q) CHNE": 0.005,
    "r) OOTH": 0.035,
    "s) REFU": 0.005,
    "s) NOBT": 0.02,
}
GENDER = {
    "a) Male": 0.515,
    "b) Female": 0.475,
    "c) Not stated/recorded": 0.008,
    "d) Neither": 0.002,
}
UNBORN_GENDER = "c) Not stated/recorded"
# List 11 has the last two the other way round.
ADOPTER_GENDER = {
    "a) Male": 0.44,
    "b) Female": 0.55,
    "c) Neither": 0.003,
    "d) Not stated/recorded": 0.007,
}
DISABILITY = {YES: 0.09, NO: 0.88, UNKNOWN: 0.03}
SEEN = {YES: 0.93, NO: 0.05, UNKNOWN: 0.02}
SEEN_ALONE = {YES: 0.78, NO: 0.2, UNKNOWN: 0.02}

NEED = {
    "N1 - Abuse or neglect": 0.53,
    "N2 - Child’s disability": 0.1,
    "N3 - Parental disability or illness": 0.04,
    "N4 - Family in acute stress": 0.1,
    "N5 - Family dysfunction": 0.14,
    "N6 - Socially unacceptable behaviour": 0.03,
    "N7 - Low income": 0.02,
    "N8 - Absent parenting": 0.04,
}
ABSENT_PARENTING = "N8 - Absent parenting"
LOOKED_AFTER = "a) Looked after child"
PROTECTION_PLAN = "b) Child Protection plan"
NEED_PLAN = "c) Child in need plan"
OPEN_ASSESSMENT = "d) Open assessment"
CLOSED = "e) Closed episode"

# Why an episode of need was closed.
CLOSED_AFTER_ASSESSMENT = "RC8 - Case closed after assessment, no further action"
CLOSED_OTHERWISE = "RC7 - Services ceased for any other reason, including child no longer in need"
SUPPORT_ENDED = {
    CLOSED_OTHERWISE: 0.88,
    "RC3 - Child arrangements order": 0.03,
    "RC5 - Transferred to services of another local authority": 0.09,
}

ABUSE = {
    "a) Neglect": 0.44,
    "b) Physical abuse": 0.1,
    "c) Sexual abuse": 0.05,
    "d) Emotional abuse": 0.38,
    "e) Multiple/not recommended": 0.03,
}

ADOPTED = {
    "a) E11: Adopted - application unopposed": 0.35,
    "b) E12: Adopted - consent dispensed": 0.65,
}
# Of those who leave care at 18, and of those who leave it before; adoptions come on top.
CAME_OF_AGE = {
    "m) E5: Moved into independent living - supported": 0.55,
    "n) E6: Moved into independent living - no support": 0.35,
    "o) E7: Transferred to residential care funded by adult social services": 0.1,
}
LEFT_BEFORE = {
    "d) E3: Care taken by another LA": 0.03,
    "e) E4A: Returned home to live with parents or relatives - part of planning": 0.36,
    "f) E4B: Returned home to live with parents or relatives - not part of planning": 0.14,
    "g) E13: Parents, relatives or other with no parental responsibility": 0.06,
    "h) E41: Residence order granted": 0.04,
    "i) E45: Special Guardianship Orders - former carer relative/friend": 0.09,
    "j) E46: Special Guardianship Orders - former carer other": 0.03,
    "k) E47: Special Guardianship Orders - relative/friend": 0.03,
    "p) E9: Sentenced to custody": 0.02,
    "q) E14: Accommodation on remand ended": 0.03,
    "s) E16: Child moved abroad": 0.01,
    "t) E8: Care ceased for any other reason": 0.16,
}
LEFT_UNACCOMPANIED = {
    "d) E3: Care taken by another LA": 0.55,
    "r) E15: Age assessment determined child was 18 or over": 0.45,
}
# What the end of care means for the episode of need; any other reason is the other reason.
CARE_CLOSED = {
    **dict.fromkeys(ADOPTED, "RC1 - Adopted"),
    "d) E3: Care taken by another LA": "RC5 - Transferred to services of another local authority",
    "h) E41: Residence order granted": "RC3 - Child arrangements order",
    **{
        reason: "RC4 - Special guardianship order"
        for reason in LEFT_BEFORE
        if "Special Guardianship" in reason
    },
    "o) E7: Transferred to residential care funded by adult social services": (
        "RC6 - Transferred to adult social care services"
    ),
}

ACCOMMODATED = "V2: Single period under S20"
REMANDED = "J1: Remanded to LA or youth detention"
INTERIM_ORDER = "C1: ICO"
FULL_ORDER = "C2: FCO"
PLACEMENT_ORDER = "E1: Placement order"
PERMANENCE = {
    "a) Return to family": 0.24,
    "c) SGO/CAO": 0.12,
    "d) Supported living in the community": 0.18,
    "e) Long-term residential placement": 0.08,
    "f) Long-term fostering": 0.33,
    "g) other": 0.05,
}
ADOPTION = "b) Adoption"

FOSTERED = {"b) PR1: Own provision": 0.45, "e) PR4: Private provision": 0.5}
FOSTERED |= {"f) PR5: Voluntary/third sector": 0.05}
RESIDENTIAL = {"b) PR1: Own provision": 0.1, "e) PR4: Private provision": 0.82}
RESIDENTIAL |= {"c) PR2: Other LA provision": 0.03, "f) PR5: Voluntary/third sector": 0.05}
PUBLIC = {"c) PR2: Other LA provision": 0.3, "d) PR3: Other public provision": 0.7}
PARENTS = {"a) PR0: Parents/Parental responsibility": 1.0}
OWN = {"b) PR1: Own provision": 1.0}
# Placement, its share, who provides it, and whether the place itself is registered.
PLACEMENTS = (
    ("a) U1: Foster placement - relatives - long term", 0.05, OWN, False),
    ("c) U3: Foster placement - relative - not FFA", 0.09, OWN, False),
    ("d) U4: Foster placement - long term", 0.19, FOSTERED, False),
    ("e) U5: Foster placement - FFA", 0.01, FOSTERED, False),
    ("f) U6: Foster placement - not FFA", 0.32, FOSTERED, False),
    ("k) P1: Placed with parents", 0.03, PARENTS, False),
    ("l) P2: Independent living", 0.04, RESIDENTIAL, False),
    ("n) H5: Residential accommodation", 0.12, RESIDENTIAL, True),
    ("o) K1: Secure Children’s Homes", 0.005, PUBLIC, True),
    ("p) K2: Children’s Homes", 0.11, RESIDENTIAL, True),
    ("q) R1: Residential Care Home", 0.005, RESIDENTIAL, True),
    ("s) R3: Family Centre or Mother and Baby Unit", 0.01, RESIDENTIAL, True),
    ("t) R5: Young Offender Institution", 0.005, PUBLIC, True),
    ("u) S1: Residential school", 0.01, RESIDENTIAL, True),
    ("v) Z1: Other placements", 0.005, RESIDENTIAL, False),
)
PLACED_FOR_ADOPTION = "j) A6: Placed for adoption - order - not foster"
INSIDE, OUTSIDE = "a) In", "b) Out"

RELEVANT, FORMER_RELEVANT = "a) Relevant child", "b) Former relevant child"
QUALIFYING, ELIGIBLE = "c) Qualifying care leaver", "d) Eligible child"
IN_TOUCH = {
    YES: 0.93,
    NO: 0.03,
    "c) Died": 0.002,
    "d) Refu": 0.013,
    "e) NREQ": 0.015,
    "f) Rhom": 0.01,
}
SUITABLE, UNSUITABLE = "a) Suitable", "b) Unsuitable"
# Where care leavers live: the share, and how much of it is suitable.
ACCOMMODATION = {
    "B: Parents/relatives": (0.11, 0.97),
    "C: Community home / residential care": (0.02, 0.97),
    "D: Semi-independent, transitional accommodation and self-contained accommodation": (
        0.25,
        0.96,
    ),
    "E: Supported lodgings": (0.03, 0.98),
    "K: Ordinary lodgings, without formal support": (0.03, 0.9),
    "R: Residence not known": (0.01, 0.0),
    "S: No fixed abode / homeless": (0.01, 0.0),
    "T: Foyers and similar supported accommodation": (0.04, 0.95),
    "U: Independent living": (0.38, 0.97),
    "V: Emergency accommodation": (0.01, 0.1),
    "W: Bed and breakfast": (0.01, 0.1),
    "X: In custody": (0.04, 0.0),
    "Y: Other accommodation": (0.01, 0.6),
    "Z: With former foster carers": (0.05, 0.99),
}
ACTIVITY = {
    "F1: Full time in higher education": 0.09,
    "P1: Part time in higher education": 0.01,
    "F2: Full time in education other than higher": 0.19,
    "P2: Part time in education other than higher": 0.03,
    "F3: Full time in training or employment": 0.22,
    "P3: Part time in training or employment": 0.07,
    "G4: Not in education, employment or training - illness or disability": 0.09,
    "G5: Not in education, employment or training - other": 0.24,
    "G6: Not in education, employment or training - pregnancy or parenting": 0.06,
}

REVERSED = {
    "RD1 - The child’s needs changed subsequent to the decision": 0.35,
    "RD2 - The Court did not make a placement order": 0.2,
    "RD3 - Prospective adopters could not be found": 0.3,
    "RD4 - Any other reason": 0.15,
}
WITHDRAWN = {
    "1 - Adopter withdrew from process": 0.7,
    "2 - Process put on hold": 0.2,
    "3 - Application refused": 0.1,
}
