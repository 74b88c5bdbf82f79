"""Every operator of the language, each defined in one place.

Importing this package registers them all in `OPERATORS`.
"""

from archdsl.ops import activation, conv, linear, merge, norm, pool, regular, resize, shape, source
from archdsl.ops.contract import OPERATORS

__all__ = [
    "OPERATORS",
    "activation",
    "conv",
    "linear",
    "merge",
    "norm",
    "pool",
    "regular",
    "resize",
    "shape",
    "source",
]
