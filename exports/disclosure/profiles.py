"""Release profiles: what may leave, to which kind of recipient. Rows of the registry, typed.

No rule is applied here.
"""

from dataclasses import dataclass

from ingestion.registry import seed


@dataclass(frozen=True)
class Profile:
    """One row of `release_profiles.csv`; what the columns mean stands beside the seed."""

    profile_id: str
    threshold: int | None  # None: nothing is suppressed
    shows_zero: bool
    la_rounding: int
    total_rounding: int
    secondary: bool
    protection: int  # so many values of a small count must stay possible
    la_level: bool
    symbol: str

    def __post_init__(self) -> None:
        if self.threshold is not None:
            most = self.threshold + (0 if self.shows_zero else 1)
            if not 2 <= self.protection <= most:
                raise ValueError(
                    f"release_profiles.csv, {self.profile_id}: protection is {self.protection}; "
                    f"with a threshold of {self.threshold} it can be 2 to {most}"
                )


def profile(profile_id: str) -> Profile:
    """A profile by its id; raises ValueError with the ids there are."""
    rows = seed("registry/release_profiles").set_index("profile_id")
    if profile_id not in rows.index:
        raise ValueError(
            f"{profile_id!r} is no release profile; release_profiles.csv has "
            f"{', '.join(rows.index)}"
        )
    row = {str(key): str(value) for key, value in rows.loc[profile_id].items()}
    return Profile(
        profile_id=profile_id,
        threshold=int(row["threshold"]) if row["threshold"] else None,
        shows_zero=row["shows_zero"] == "true",
        la_rounding=int(row["la_rounding"]),
        total_rounding=int(row["total_rounding"]),
        secondary=row["secondary"] == "true",
        protection=int(row["protection"] or 0),
        la_level=row["la_level"] == "true",
        symbol=row["symbol"],
    )
