"""Built-in OpenSees models, and finding the model that a study names."""

from __future__ import annotations

from gmplug.host.script_files import model_files
from gmplug.structures.build import build_structure
from gmplug.structures.frame import frame
from gmplug.structures.sdof import sdof
from gmplug.structures.shear_building import shear_building
