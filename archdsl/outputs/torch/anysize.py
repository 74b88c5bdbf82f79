"""Source for every size: a network with open sizes must not have one of them written into it."""

from __future__ import annotations

from archdsl.graph.model import Elaborated
from archdsl.sizes.open import Trail, walking


class SizeInSource(ValueError):
    """The source of some layer would be another one for other sizes of the input."""


def refuse_sizes(graph: Elaborated) -> None:
    """Raise SizeInSource for the first layer whose source is not the same for all valid sizes."""
    certificate = graph.certificate
    if certificate is None:
        return
    first, *others = certificate.cases
    if others:
        raise SizeInSource(
            f"{graph.name} is another network for other sizes of its input: {certificate.words}"
        )
    for node in graph.nodes:
        if node.op.family != "source" and any(value.open for value in (*node.inputs, *node.outputs)):
            trail = Trail(dict(first.box), dict(certificate.point))
            with walking(trail):
                node.op.torch(*node.open_shapes)
            decided = trail.guards or trail.coupled or trail.spoken
            if decided or node.index in certificate.sized:
                line, _ = node.span.source.position(node.span.start)
                where = f"{node.span.source.name}:{line}"
                raise SizeInSource(
                    f"{where}: the source of `{node.span.text}` depends on the size of the input"
                )
