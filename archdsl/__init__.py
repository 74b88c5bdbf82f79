"""archdsl: a network written as its paper's table, checked, drawn and compiled to PyTorch.

spec = archdsl.load("specs/vgg.arch")
net = spec["VGG.D"]
net.params, net.shape, net.receptive_field
net.module()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archdsl.spec import Network, Spec, SpecError, load, loads

__version__ = "0.1.0"

__all__ = ["Network", "Spec", "SpecError", "__version__", "load", "loads"]


def __getattr__(name: str) -> Any:
    """The names above are imported when first asked for, so that importing archdsl costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'archdsl' has no attribute {name!r}")
    from archdsl import spec

    return globals().setdefault(name, getattr(spec, name))


def __dir__() -> list[str]:
    return __all__
