"""Values as a spec has them."""

from __future__ import annotations


def written(value: object) -> str:
    """An argument: `3`, `1x7`, `true`, `[1, 2]`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple) and value:
        return "x".join(map(written, value))
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
