"""The product `packs`: for each peer-challenge cluster a page and a form, and the themes of all.

Reads everything once for all of London, and puts the files together. Internal to LIIA.
"""

from pathlib import Path

import pandas as pd

from exports.files import Content, releases_of
from exports.marts import is_synthetic, product_settings
from exports.packs import (
    cluster_page,
    figures,
    form,
    narrative,
    questions,
    registers,
    themes_page,
)
from exports.pages import page
from ingestion.periods import Quarter
from ingestion.registry import return_due, seed

PRODUCT = "packs"
MARTS = (*figures.MARTS, *questions.MARTS, *cluster_page.MARTS, *narrative.MARTS)


def packs_content(marts: Path, quarter: Quarter) -> Content:
    """`index.html`, `themes.html`, and of each cluster a page and a Word form: same marts, same
    bytes. Clusters are those of the quarter's last day."""
    known = _known(marts, quarter)
    releases = pd.concat([known.figures["release_id"], known.published["release_id"]])
    due, marking = return_due(quarter), product_settings(PRODUCT)["marking"]
    synthetic = is_synthetic(releases)
    shared = {"quarter": quarter, "marking": marking, "synthetic": synthetic}
    groups = figures.group_values(marts, quarter, "sub_region_")
    clusters = registers.clusters(quarter.end)
    packs = [cluster_page.pack(cluster, known) for cluster in clusters]

    files: dict[str, str | bytes] = {
        "index.html": page(
            "packs_index.html.j2",
            packs=packs,
            without=_without(clusters),
            cycle=registers.cycle(quarter),
            reviews=registers.reviews(),
            due=due,
            **shared,
        ),
        "themes.html": page(
            "packs_themes.html.j2",
            regions=themes_page.sub_regions(known.figures),
            themes=themes_page.themes(known.figures, groups, quarter.end),
            told=themes_page.told(known.narratives, known.figures),
            **shared,
        ),
    }
    for pack in packs:
        files[f"{pack.stem}.html"] = page("packs_cluster.html.j2", pack=pack, **shared)
        files[f"{pack.stem}.docx"] = form.form(pack, quarter, marking, due, synthetic)
    return Content(files, releases_of(releases))


def _known(marts: Path, quarter: Quarter) -> cluster_page.Known:
    returned = figures.of_quarter(marts, quarter)
    nearby = figures.group_values(marts, quarter, "cluster_")
    sent = cluster_page.submissions(marts, quarter)
    evidence = questions.Evidence(
        figures=returned,
        nearby=nearby,
        apart=questions.apart(marts, quarter),
        unreturned=cluster_page.unreturned(sent),
    )
    return cluster_page.Known(
        figures=returned,
        published=figures.of_last_year(marts, quarter),
        nearby=nearby,
        submissions=sent,
        judgements=cluster_page.judgements(marts),
        questions=questions.suggested(evidence, quarter),
        narratives=narrative.read(marts, quarter),
    )


def _without(clusters: list[registers.Cluster]) -> list[str]:
    """Authorities in no cluster, by name."""
    las = seed("reference/local_authorities")
    las = las[las["is_london"] == "true"]
    taken = {code for cluster in clusters for code in cluster.members}
    return sorted(las.loc[~las["new_la_code"].isin(taken), "la_name"])
