"""Names of modules in the compiled net.

A label becomes the name of an attribute of a `torch.nn.Module`, and so the first part of its
weights' names in a checkpoint. Labels that cannot be attributes get the nearest name that can.
"""

from __future__ import annotations

import keyword
from collections.abc import Container

_TAKEN = frozenset(
    """T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule
    half ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters
    parameters register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
    set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu
    zero_grad""".split()
)
"""Public attributes of torch.nn.Module, which a module of that name would hide."""


def next_name(label: str, taken: Container[str]) -> str:
    """A name like this one that is free: `conv1` → `conv2`, `head` → `head2`."""
    stem = label.rstrip("0123456789")
    number = int(label[len(stem) :] or 1)
    while True:
        number += 1
        if module_name(f"{stem}{number}") not in taken:
            return f"{stem}{number}"


def module_name(label: str) -> str:
    """`conv3-64` → `conv3_64`, `train` → `train_`, `class` → `class_`; most labels stay as they are."""
    name = label.replace("-", "_")
    return f"{name}_" if name in _TAKEN or keyword.iskeyword(name) else name
