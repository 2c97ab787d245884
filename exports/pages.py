"""Rendering the HTML pages: one environment for every template, so that all of them escape.

Knows where templates are and how they are read; what a page says is its own module's business.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ingestion.region import REGION


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["region"] = REGION
    return environment


def page(template: str, **context: object) -> str:
    """A template filled in: autoescaped, and an error for a name that is not given."""
    return _environment().get_template(template).render(**context)


@dataclass(frozen=True)
class Script:
    """A script that stands in the page. allowed: its hash, the only script the page's CSP names."""

    text: Markup
    allowed: str


def script(name: str) -> Script:
    """A script of the templates folder, as it is."""
    text = (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return Script(Markup(text), f"'sha256-{digest}'")  # noqa: S704 - a file of this package
