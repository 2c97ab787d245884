"""Which alliance this installation serves, and what its region is called: the one place for both.

The row is `seeds/reference/alliance.csv`; who is in the alliance is `is_london` in
`local_authorities.csv`. Whoever writes a sentence about the region takes the words from `REGION`.
The platform was built for London, and names that others rely on have kept the word: in columns
(`london_value`), codes (`london` in comparison_groups.csv) and variables it is the region served.
"""

from dataclasses import dataclass

from ingestion.contract import ContractError
from ingestion.registry import seed


class AllianceError(ContractError):
    """`alliance.csv` is wrong; the message says what it needs."""


@dataclass(frozen=True)
class Region:
    """The region served; in a sentence it stands as itself: `f"the average of {REGION}"`.

    alliance, alliance_name: the alliance for short and in full. code: GSS code of the region.
    name: as in a heading or before a noun (North East). in_text: as in a sentence (the North East).
    halves: names of the areas that DfE's files part it into (Inner and Outer London); most have
        none.
    authorities: how many are in the alliance. not_ranked: names of those too small to be ranked.
    example: short code of the authority that messages take as an example; like: all that it may be
        called by.
    on_sub_regions, on_clusters: what a reader should know of who is in which; '' for nothing.
    """

    alliance: str
    alliance_name: str
    code: str
    name: str
    in_text: str
    halves: tuple[str, ...]
    authorities: int
    not_ranked: tuple[str, ...]
    example: str
    like: str
    on_sub_regions: str
    on_clusters: str

    def __str__(self) -> str:
        return self.in_text

    @property
    def start(self) -> str:
        """As a sentence begins."""
        return self.in_text[:1].upper() + self.in_text[1:]

    @property
    def slug(self) -> str:
        """As in names of files and columns."""
        return self.name.lower().replace(" ", "_")


def _served() -> Region:
    rows = seed("reference/alliance")
    if len(rows) != 1:
        raise AllianceError(
            f"seeds/reference/alliance.csv has {len(rows)} rows; it needs one: the alliance served"
        )
    row = rows.iloc[0]
    code = str(row["region_code"])
    areas = seed("reference/areas").set_index("area_code")
    if code not in areas.index:
        raise AllianceError(
            f"region_code of seeds/reference/alliance.csv is {code!r}; "
            "it must be an area_code of areas.csv"
        )
    las = {
        la["new_la_code"]: la
        for la in seed("reference/local_authorities").to_dict("records")
        if la["is_london"] == "true"
    }
    apart = [la for la in str(row["not_ranked"]).split("|") if la]
    example = str(row["example"])
    strangers = sorted({*apart, example} - las.keys())
    if strangers:
        raise AllianceError(
            f"seeds/reference/alliance.csv names {', '.join(strangers)}; not_ranked and example "
            "must be authorities with is_london true in local_authorities.csv"
        )
    return Region(
        alliance=str(row["short_name"]),
        alliance_name=str(row["name"]),
        code=code,
        name=str(areas.loc[code, "area_name"]),
        in_text=str(row["region_in_text"]),
        halves=tuple(areas.loc[areas["parent_code"] == code, "area_name"]),
        authorities=len(las),
        not_ranked=tuple(str(las[la]["la_name"]) for la in apart),
        example=str(las[example]["short_code"]),
        like="{short_code}, {new_la_code} or {la_name}".format_map(las[example]),
        on_sub_regions=str(row["on_sub_regions"]),
        on_clusters=str(row["on_clusters"]),
    )


REGION = _served()
