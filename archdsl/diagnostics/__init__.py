"""What archdsl tells its users: the model here, its renderings beside it."""

from archdsl.diagnostics.model import (
    Advice,
    Diagnostic,
    Error,
    Label,
    Report,
    Step,
    Trace,
    Warning_,
    every_diagnostic,
)

__all__ = [
    "Advice",
    "Diagnostic",
    "Error",
    "Label",
    "Report",
    "Step",
    "Trace",
    "Warning_",
    "every_diagnostic",
]
