"""A checked network as PyTorch: source that stands alone, and the module that it makes."""

from __future__ import annotations

from archdsl.outputs.torch.build import build
from archdsl.outputs.torch.emit import emit
from archdsl.outputs.torch.verify import Mismatch, verify

__all__ = ["Mismatch", "build", "emit", "verify"]
