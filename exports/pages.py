"""Rendering the HTML pages: one environment for every template, so that all of them escape.

Knows where templates are and how they are read; what a page says is its own module's business.
"""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@lru_cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, **context: object) -> str:
    """A template filled in: autoescaped, and an error for a name that is not given."""
    return _environment().get_template(template).render(**context)
