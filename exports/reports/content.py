"""The product: a page for each authority with the script they share, London's, and the first page.

Puts pages together and knows the frame of the authorities' own: marking, policy for scripts, look
of the charts.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from exports.charts import look
from exports.charts.funnel import funnel_template
from exports.charts.position import position_template
from exports.charts.series import series_template
from exports.figures import POLARITIES
from exports.files import Content, releases_of
from exports.marts import is_synthetic, product_settings
from exports.pages import page
from exports.reports import facts as reading
from exports.reports import index, london, words
from exports.reports.authority import report
from exports.reports.facts import Facts, Record, quarters_to, read_facts
from exports.reports.lineup import lineup
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import seed

PRODUCT = "reports"
MARTS = tuple(dict.fromkeys((*reading.MARTS, *london.MARTS, *index.MARTS)))
PLOTLY = "plotly.min.js"
_SCRIPT = Path(__file__).parent.parent / "templates" / "report.js"
_SOURCES = {"return": "returns", "published": "published statistics", "chat": "ChAT figures"}


def reports_content(marts: Path, quarter: Quarter) -> Content:
    """`index.html`, `london.html`, `CAM.html` and so on for each authority, and `plotly.min.js`.

    Same marts, same bytes.
    """
    facts = read_facts(marts, quarter)
    settings = product_settings(PRODUCT)
    named = settings["names_authorities"] == "true"
    lines = [lineup(facts, indicator["indicator_code"]) for indicator in facts.indicators]
    shared = _frame(facts, settings)
    files: dict[str, str | bytes] = {}
    for la in facts.authorities:
        told = report(facts, lines, la, named)
        files[f"{la['short_code']}.html"] = page(
            "report.html.j2", report=told, named=named, look=_look(told, quarter, named), **shared
        )
    files[PLOTLY] = get_plotlyjs()
    files["index.html"] = index.index_page(marts, quarter)
    files[f"{REGION.slug}.html"] = london.london_page(marts, quarter)
    return Content(files, releases_of(facts.releases))


def _frame(facts: Facts, settings: dict[str, str]) -> dict[str, Any]:
    """What is the same on every page."""
    script = _SCRIPT.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {
        "quarter": facts.quarter,
        "marking": settings["marking"],
        "synthetic": is_synthetic(facts.releases),
        "kinds": words.KINDS,
        "evidence": words.EVIDENCE,
        "definitions": _definitions(facts),
        "populations": _populations(facts),
        "symbols": seed("registry/value_statuses").query("dfe_symbol != ''").to_dict("records"),
        "script": Markup(script),  # noqa: S704 - our own file, under the policy by its hash
        "digest": digest,
        "plotly": PLOTLY,
    }


def _look(told: Record, quarter: Quarter, named: bool) -> Markup:
    """What the script needs once for all charts of a page: their look, and the names of dots."""
    shared = {
        "strip": position_template(named),
        "series": series_template(quarters_to(quarter), told["la"]["la_name"]),
        "funnel": funnel_template(named),
        "config": look.CONFIG,
        "names": told["names"] if named else [],
    }
    text = json.dumps(shared, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - cannot end its script element


def _definitions(facts: Facts) -> list[dict[str, str]]:
    """Each indicator on the page once: what it is, and where its definition was found.

    name, unit and polarity only of those that have no section of their own.
    """
    returned = {row["indicator_code"] for row in facts.indicators}
    shown = {row["indicator_code"]: row for row in (*facts.indicators, *facts.published)}
    return [
        {
            "label": row["label"],
            "name": "" if code in returned else f"{row['name']}.",
            "unit": "" if code in returned else words.UNIT_NAMES[row["unit"]],
            "polarity": POLARITIES[row["polarity"]][1],
            "basis": f"{row['definition_basis']} ({row['definition_status']})",
        }
        for code, row in shown.items()
    ]


def _populations(facts: Facts) -> list[str]:
    sentences = []
    for row in facts.populations:
        newest = ", the newest there are" if row["is_population_fallback"] else ""
        sentences.append(
            f"Rates of {_SOURCES[row['source']]} use the mid-{int(row['population_year'])} "
            f"population estimates (release {row['population_release']}{newest})."
        )
    return sentences
