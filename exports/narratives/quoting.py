"""Which words of a narrative others may read: with a name, without one, or not at all.

The permission is the mart's (`quoting`). Here an answer that may stand without a name is held back
where it would still tell whose it is. Nothing is shortened or laid out.
"""

import re

import pandas as pd

from ingestion.registry import seed

# Words without a name need so many authorities that they may be of. The page tells who answered,
# and whose words stand with a name: whoever is left is who else it can be.
LEAST_AUTHORITIES = 3
# Of what the answers are told apart by on the page: each of an authority's once.
ASKED = ["part", "item", "direction"]
# How boroughs call themselves for short: LBTH, RBKC, the Royal Borough, the City.
_BOROUGHS = "(?:LB|RB)[A-Z]{1,4}|(?i:royal borough)|[Tt]he City"


def quoted(answers: pd.DataFrame) -> pd.DataFrame:
    """Answers with what is left of them for others to read.

    `answers`: one row for each thing answered, with ASKED, la_name, answer, quoting (named,
    unnamed, none). Gives the same rows with `shown` (named, unnamed, none) in place of `quoting`;
    `answer` is null where shown is none, `la_name` where it is not named.
    """
    others = answers["quoting"] != "named"
    hidden_among = others.groupby([answers[key] for key in ASKED], dropna=False).transform("sum")
    tells = (hidden_among < LEAST_AUTHORITIES) | names_somebody(answers["answer"])
    shown = answers["quoting"].mask((answers["quoting"] == "unnamed") & tells, "none")
    return answers.drop(columns="quoting").assign(
        shown=shown,
        answer=answers["answer"].where(shown != "none"),
        la_name=answers["la_name"].where(shown == "named"),
    )


def names_somebody(texts: pd.Series) -> pd.Series:
    """Whether a text has the name of a London authority in it, its own or another's.

    Full names and their parts (Kensington and Chelsea), aliases, and in capitals the three-letter
    codes and initials (RBKC). A nickname, a street or a person is not found.
    """
    las = seed("reference/local_authorities").query("is_london == 'true'")
    full = [*las["la_name"], *(name for names in las["name_aliases"] for name in names.split("|"))]
    parts = [part for name in full for part in re.split(r"\s(?:and|upon|&)\s", name)]
    # Of one word or several, with anything but letters between them: Tower-Hamlets.
    words = {r"[\W_]+".join(re.findall(r"\w+", name)) for name in [*full, *parts]} - {""}
    by_name = rf"(?i:\b(?:{'|'.join(sorted(words))}))"
    by_code = rf"\b(?:{'|'.join(sorted(las['short_code']))}|{_BOROUGHS})\b"
    return texts.fillna("").str.contains(f"{by_name}|{by_code}", regex=True)
