"""What torch lacks: classes and functions that an emitted source brings along where layers need them.

Each is source text, complete but for the imports `torch`, `nn` and `F`, and names its parameters
as torch's own layers do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from archdsl.outputs.torch.detection_helpers import HELPERS as _OF_DETECTORS

_PADDED_CONV = '''\
class PaddedConv{n}d(nn.Conv{n}d):
    """A convolution with a padding for each side, in the order of F.pad."""

    def __init__(self, in_channels, out_channels, kernel_size, pad, **options):
        super().__init__(in_channels, out_channels, kernel_size, **options)
        self.pad = pad

    def forward(self, x):
        x = F.pad(x, self.pad)
        return F.conv{n}d(
            x,
            self.weight,
            self.bias,
            self.stride,
            dilation=self.dilation,
            groups=self.groups,
        )
'''

_PADDED_MAX_POOL = '''\
class PaddedMaxPool{n}d(nn.MaxPool{n}d):
    """A max pooling with a padding for each side, in the order of F.pad."""

    def __init__(self, kernel_size, pad, **options):
        super().__init__(kernel_size, **options)
        self.pad = pad

    def forward(self, x):
        x = F.pad(x, self.pad, value=float("-inf"))
        return F.max_pool{n}d(x, self.kernel_size, self.stride, dilation=self.dilation)
'''

_PADDED_AVG_POOL = '''\
class PaddedAvgPool{n}d(nn.AvgPool{n}d):
    """A mean pooling with a padding for each side, in the order of F.pad."""

    def __init__(self, kernel_size, pad, **options):
        super().__init__(kernel_size, **options)
        self.pad = pad

    def forward(self, x):
        return F.avg_pool{n}d(F.pad(x, self.pad), self.kernel_size, self.stride)
'''

_LOCALLY_CONNECTED_1D = '''\
class LocallyConnected1d(nn.Module):
    """A convolution with kernels of its own at every position of the output."""

    def __init__(
        self,
        in_channels,
        out_channels,
        output_size,
        kernel_size,
        stride=1,
        pad=(0, 0),
        bias=True,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.pad = pad
        weight_shape = (output_size, out_channels, in_channels, kernel_size)
        self.weight = nn.Parameter(torch.empty(weight_shape))
        bias_shape = (out_channels, output_size)
        self.bias = nn.Parameter(torch.empty(bias_shape)) if bias else None
        self.reset_parameters()

    def reset_parameters(self):
        bound = self.weight[0, 0].numel() ** -0.5
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x):
        windows = F.pad(x, self.pad).unfold(2, self.kernel_size, self.stride)
        out = torch.einsum("nclk,lock->nol", windows, self.weight)
        return out if self.bias is None else out + self.bias
'''

_LOCALLY_CONNECTED_2D = '''\
class LocallyConnected2d(nn.Module):
    """A convolution with kernels of its own at every position of the output."""

    def __init__(
        self,
        in_channels,
        out_channels,
        output_size,
        kernel_size,
        stride=(1, 1),
        pad=(0, 0, 0, 0),
        bias=True,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.pad = pad
        weight_shape = (*output_size, out_channels, in_channels, *kernel_size)
        self.weight = nn.Parameter(torch.empty(weight_shape))
        bias_shape = (out_channels, *output_size)
        self.bias = nn.Parameter(torch.empty(bias_shape)) if bias else None
        self.reset_parameters()

    def reset_parameters(self):
        bound = self.weight[0, 0, 0].numel() ** -0.5
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x):
        rows = F.pad(x, self.pad).unfold(2, self.kernel_size[0], self.stride[0])
        windows = rows.unfold(3, self.kernel_size[1], self.stride[1])
        out = torch.einsum("nchwij,hwocij->nohw", windows, self.weight)
        return out if self.bias is None else out + self.bias
'''

_CHANNEL_LAYER_NORM = '''\
class ChannelLayerNorm(nn.LayerNorm):
    """A layer norm over the channels, at each position by itself."""

    def forward(self, x):
        x = x.movedim(1, -1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.movedim(-1, 1)
'''

_CENTER_CROP = '''\
def center_crop(x, like):
    """The middle of a map, of the size of another."""
    for axis in range(2, like.dim()):
        size = like.size(axis)
        x = x.narrow(axis, (x.size(axis) - size) // 2, size)
    return x
'''

_FROZEN_BATCH_NORM = '''\
class FrozenBatchNorm(nn.Module):
    """A batch norm whose numbers do not change."""

    def __init__(self, num_features, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        return F.batch_norm(x, mean, var, self.weight, self.bias, eps=self.eps)
'''

_RADIAL_BASIS = '''\
class RadialBasis(nn.Module):
    """The squared distances from points that are learned."""

    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.normal_(self.weight)

    def forward(self, x):
        return (x.unsqueeze(-2) - self.weight).square().sum(-1)
'''

_BILINEAR = '''\
def bilinear_(weight):
    """Fill a transposed convolution's kernels so that it interpolates each channel."""
    sides = []
    for size in weight.shape[2:]:
        half = (size + 1) // 2
        middle = half - 1 if size % 2 else half - 0.5
        cells = torch.arange(size, device=weight.device)
        sides.append(1 - (cells - middle).abs() / half)
    kernel = sides[0]
    for side in sides[1:]:
        kernel = kernel[..., None] * side
    channel = torch.arange(weight.shape[0], device=weight.device)
    with torch.no_grad():
        weight.zero_()
        weight[channel, channel % weight.shape[1]] = kernel.to(weight.dtype)
'''

HELPERS: dict[str, str] = {
    "ChannelLayerNorm": _CHANNEL_LAYER_NORM,
    "FrozenBatchNorm": _FROZEN_BATCH_NORM,
    "LocallyConnected1d": _LOCALLY_CONNECTED_1D,
    "LocallyConnected2d": _LOCALLY_CONNECTED_2D,
    "RadialBasis": _RADIAL_BASIS,
    "bilinear_": _BILINEAR,
    "center_crop": _CENTER_CROP,
    **{
        f"Padded{kind}{n}d": text.replace("{n}", str(n))
        for kind, text in (
            ("Conv", _PADDED_CONV),
            ("MaxPool", _PADDED_MAX_POOL),
            ("AvgPool", _PADDED_AVG_POOL),
        )
        for n in (1, 2, 3)
    },
    **_OF_DETECTORS,
}
"""The source of each helper by the name that `Torch.helper` gives."""


def needed(names: Iterable[str]) -> list[str]:
    """These helpers and those that they call, each before its callers."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        for called in re.findall(r"\b(\w+)\(", HELPERS[name]):
            if called in HELPERS and called != name:
                add(called)
        found.setdefault(name)

    for name in sorted(names):
        add(name)
    return list(found)
