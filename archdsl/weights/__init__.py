"""Checkpoints without a framework: what a file of weights holds, compared with what a network wants.

Assumes a checked network; of a file it reads names, kinds and shapes alone. Numbers are touched only
when a file is written anew under other names, and then a piece at a time.
"""

from __future__ import annotations

from archdsl.weights.compare import Comparison, compare
from archdsl.weights.convert import content, plan
from archdsl.weights.model import Checkpoint, Stored, Unreadable, WeightsError
from archdsl.weights.propose import Proposal, propose
from archdsl.weights.read import is_torch, read
from archdsl.weights.rename import BadMap, named, read_map
from archdsl.weights.report import Mismatch

__all__ = [
    "BadMap",
    "Checkpoint",
    "Comparison",
    "Mismatch",
    "Proposal",
    "Stored",
    "Unreadable",
    "WeightsError",
    "compare",
    "content",
    "is_torch",
    "named",
    "plan",
    "propose",
    "read",
    "read_map",
]
