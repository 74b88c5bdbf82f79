"""From the elaborated graph to the checked graph."""

from archdsl.check.metrics import METRICS
from archdsl.check.model import Checked, Layer, Metrics, Verdict
from archdsl.check.stage import check

__all__ = ["METRICS", "Checked", "Layer", "Metrics", "Verdict", "check"]
