"""The chain: stages in order, run, written, resumed."""

from gmplug.chain.edits import Edits
from gmplug.chain.run import Run
from gmplug.chain.stage import Stage, StageContext
from gmplug.chain.stages import STAGE_NAMES
