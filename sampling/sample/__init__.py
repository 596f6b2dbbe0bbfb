"""The drawn sample: its table, its blocks, how each stage was drawn, and what was done with it since."""

from .outline import Listing, Outline, Stage
from .parts import Block, DrawnList, DrawnStage
from .sample import Sample
from .sentences import sentences

__all__ = ["Block", "DrawnList", "DrawnStage", "Listing", "Outline", "Sample", "Stage", "sentences"]
