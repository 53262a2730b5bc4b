"""The files of ``gmplug init`` and ``gmplug demo``."""

from pathlib import Path

#: Catalogues that need no data of the user: recorded and simulated motions.
RECORDED, SIMULATED = "fema-p695", "simulated"
#: The target of the template; those in the folder ``targets`` replace its section.
DEFAULT_TARGET = "conditional-spectrum"


def template_path(name: str) -> Path:
    """Return the path of a template file."""
    return Path(__file__).parent / name


def start_catalogue() -> str:
    """Return the catalogue for a first study: recorded motions if their plugin is installed."""
    from gmplug.host import Host

    return RECORDED if RECORDED in Host().providers("catalogues") else SIMULATED


def study_text(target: str, catalogue: str) -> str:
    """Return a commented study file with the default target or one of ``targets``, and a catalogue."""
    text = template_path("study.toml").read_text(encoding="utf-8")
    if target != DEFAULT_TARGET:
        before, _, rest = text.partition("# -- The target")
        _, _, after = rest.partition("# -- Which records")
        section = template_path(f"targets/{target}.toml").read_text(encoding="utf-8")
        text = f"{before}{section}# -- Which records{after}"
    if catalogue == SIMULATED:  # swap the commented line
        text = text.replace(f'\nprovider = "{RECORDED}"', f'\n# provider = "{RECORDED}"')
        text = text.replace(f'\n# provider = "{SIMULATED}"', f'\nprovider = "{SIMULATED}"')
    return text
