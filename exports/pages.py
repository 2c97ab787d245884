"""Rendering the HTML pages: one environment for every template, so that all of them escape.

Knows where templates are and how they are read; what a page says is its own module's business.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def page(template: str, **context: object) -> str:
    """A template filled in: autoescaped, and an error for a name that is not given."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**context)
