"""The files that ``gmplug init`` and ``gmplug demo`` start from."""

from pathlib import Path


def template_path(name: str) -> Path:
    """Return the path of a template file."""
    return Path(__file__).parent / name
