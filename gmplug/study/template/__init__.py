"""The files of ``gmplug init`` and ``gmplug demo``."""

from pathlib import Path

#: Catalogues that need no data of the user: recorded and simulated motions.
RECORDED, SIMULATED = "fema-p695", "simulated"


def template_path(name: str) -> Path:
    """Return the path of a template file."""
    return Path(__file__).parent / name


def start_catalogue() -> str:
    """Return the catalogue for a first study: recorded motions if their plugin is installed."""
    from gmplug.host import Host

    return RECORDED if RECORDED in Host().providers("catalogues") else SIMULATED
