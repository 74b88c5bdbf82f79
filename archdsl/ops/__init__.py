"""Every operator of the language, each defined in one place.

Importing this package registers them all in `OPERATORS`.
"""

from archdsl.ops import (
    activation,
    conv,
    detection,
    linear,
    merge,
    norm,
    pool,
    rearrange,
    regions,
    regular,
    resize,
    shape,
    source,
    unpool,
)
from archdsl.ops.contract import OPERATORS

__all__ = [
    "OPERATORS",
    "activation",
    "conv",
    "detection",
    "linear",
    "merge",
    "norm",
    "pool",
    "rearrange",
    "regions",
    "regular",
    "resize",
    "shape",
    "source",
    "unpool",
]
