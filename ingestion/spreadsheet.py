"""The one rule on text that a spreadsheet program would run as a formula.

Whoever writes a file that people open in Excel uses it; nothing about cells or layout is here.
"""

# What Excel, LibreOffice and Google Sheets take for the start of a formula (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def formula_safe(text: str) -> str:
    """The text; where its start is dangerous, with an apostrophe before it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
