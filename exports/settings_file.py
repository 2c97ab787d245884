"""Reading a settings file of the home: a YAML mapping, and no secret of it in any message."""

from pathlib import Path
from typing import Any

import yaml


def mapping(file: Path, shape: str, refused: type[Exception]) -> dict[str, Any]:
    """What the file says; {} where it is empty. `refused` where it is no mapping.

    shape: what to write, for the message.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise refused(f"{file} cannot be read: {type(error).__name__}.") from None
    except yaml.YAMLError as error:
        # Its own message quotes the line, and a line may hold a secret.
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise refused(f"{file}{where}: this is not YAML.") from None
    if not isinstance(content, dict):
        raise refused(f"{file}: write {shape}.")
    return content
