"""Small networks for the emitter, each for one thing that a hand would write in its own way."""

from __future__ import annotations

import random

CASES = {
    "unet": """
block double_conv(c) { conv(c, 3) -> relu -> conv(c, 3) -> relu }
block level(c, depth) {
    left: double_conv(c)
    if depth > 0 {
        maxpool(2) -> level(2 * c, depth - 1) -> up: conv_transpose(c, 2, stride = 2)
        concat(crop(left, like = up), up) -> double_conv(c)
    }
}
net UNet(classes = 2) { input image: 1 x 60 x 60; level(4, 2); conv(classes, 1) }
""",
    "mobile": """
block conv_bn(c, k = 3, stride = 1, act = true) {
    conv(c, k, stride = stride, padding = same, bias = false); batchnorm
    if act { relu }
}
block squeeze(ratio) {
    mul { identity; { avgpool(global); conv(in.channels // ratio, 1); relu; conv(in.channels, 1); sigmoid } }
}
block inverted(t, c, stride = 1, se = false) {
    let hidden = t * in.channels
    expanded: conv_bn(hidden, 1)
    depthwise: conv(hidden, 3, stride = stride, padding = same, groups = hidden)
    bn: batchnorm
    if se { gate: squeeze(4) }
    project: conv_bn(c, 1, act = false)
    if stride == 1 and in.channels == c { add { identity; in } }
}
net Mobile { input image: 3 x 32 x 32
    stem: conv_bn(16, stride = 2)
    inverted(4, 24, 2); inverted(4, 24, 1, true); inverted(6, 40, 2, true); inverted(6, 40, 1, true)
    conv_bn(64, 1, act = false)
    avgpool(global) -> flatten
    fc: linear(10)
}
""",
    "shared": """
block tower { conv(8, 3, padding = same) -> relu }
block twice(c) { share a: conv(c, 3, padding = same); a -> relu -> a }
net Shared { input image: 8 x 16 x 16
    share head: conv(8, 3, padding = same)
    share t: tower
    block uses(c) { conv(c, 1) -> head -> relu }
    head -> relu -> t -> t
    uses(8); uses(8); twice(8)
    output logits: head
}
""",
    "shared_within": """
net Within { input image: 8 x 16 x 16
    share head: conv(8, 3, padding = same)
    block uses(c) { conv(c, 1) -> head -> relu }
    uses(8); uses(8)
    stages: { relu; uses(8); conv(8, 1) }
}
""",
    "shared_levels": """
block rpn(k) { conv(8, 3, padding = same) -> relu; output cls: conv(k, 1); output reg: conv(4 * k, 1) }
block level(head, c) {
    in -> rpn: head
    output scores: rpn.cls
    output boxes: rpn.reg -> conv(c, 1)
}
block smooth(after) { conv(in.channels, 3, padding = same) -> relu -> after }
net Levels { input image: 3 x 16 x 16
    share head: rpn(2)
    share last: conv(8, 1)
    conv(8, 3, padding = same) -> one: relu -> two: maxpool(2)
    one -> smooth(last) -> level1: level(head, 3)
    two -> smooth(last) -> level2: level(head, 5)
    output a: level1.scores
    output b: level1.boxes
    output c: concat(level2.scores, level2.boxes)
}
""",
    "shared_from_outside": """
block twice(c) { share a: conv(c, 3, padding = same); a -> relu -> a }
block holder { share kept: conv(8, 1); relu }
net Outside { input image: 8 x 16 x 16
    tw: twice(8)
    tw.a
    held: holder
    held.kept -> relu -> held.kept
}
""",
    "gated": """
let least = 8
notation gate(c, ratio, wanted) = if wanted and c > least * ratio { squeeze(ratio) } else { identity }
block squeeze(ratio) {
    mul { identity; { avgpool(global); conv(in.channels // ratio, 1); relu; conv(in.channels, 1); sigmoid } }
}
block unit(c, ratio, stride = 1, se = true) {
    conv(c, 3, stride = stride, padding = 1) -> batchnorm
    gate(c, ratio, se)
    relu
}
net Gated { input image: 3 x 32 x 32
    unit(32, 2); unit(32, 4, 2); unit(64, 4); unit(64, 4, se = false); unit(16, 2); squeeze(2)
}
""",
    "tied": """
net LM { input tokens: 7 of int
    embed: embedding(20, 8)
    relu
    decoder: linear(20, bias = false)
    tie decoder.weight = embed.weight
}
""",
    "several": """
block rpn(c) {
    conv(c, 3, padding = same) -> h: relu
    output scores: h -> conv(9, 1)
    output boxes: h -> conv(36, 1)
}
net Several { input image: 3 x 16 x 16; input text: 16
    a: { image -> conv(8, 3, padding = same) -> relu }
    rpn1: rpn(16)
    b: { text -> linear(8) -> relu }
    output scores: rpn1.scores -> flatten
    output both: concat(a -> avgpool(global) -> flatten, b) -> linear(4)
    training output boxes: rpn1.boxes
}
""",
    "outputs of labelled sequences": """
block sides {
    s: { let a = in -> conv(4, 1); let b = in -> conv(5, 1) }
    output x: s.a; output y: s.b
}
sequence ends { relu; output x: conv(4, 1); output y: conv(5, 1) }
net Ends { input image: 3 x 8 x 8
    one: sides
    image -> two: ends
    image -> three: { relu; inner: { relu; output y: conv(4, 1); output z: conv(5, 1) }; output z: inner.z }
    concat(one.x, two.y, three) -> conv(3, 1)
}
""",
    "auxiliary": """
block head(n) { avgpool(global) -> flatten -> linear(n) }
net Auxiliary { input image: 3 x 16 x 16
    low: { conv(8, 3, padding = same); relu }
    high: { conv(8, 3, padding = same); relu }
    output: head(5)
    training output aux: low -> head(5)
}
""".replace("    output: head(5)\n", "    output output: high -> head(5)\n"),
    "taps": """
net Taps { input image: 3 x 16 x 16
    features: {
        conv(8, 3, padding = same); relu; low: maxpool(2)
        conv(16, 3, padding = same); relu; maxpool(2)
        add { conv(16, 1); identity }
    }
    train: conv(4, 1); class: conv(4, 1); conv3-64: conv(4, 1); print: conv(4, 1)
    half: { forward: conv(4, 1); type: relu }
    concat(upsample(half, 2), features.low) -> conv(3, 1)
}
""",
    "names": """
block F(c) { conv(c, 1); relu }
block Tensor(c) { add { F(c); F(c) } }
net nn { input x: 3 x 8 x 8
    Tensor(4) -> F(4) -> self: F(5) -> super: conv(3, 1) -> relu
}
""",
    "stages": """
block unit(c, stride = 1) {
    add {
        { conv(c, 3, stride = stride, padding = 1); batchnorm }
        down: if in.channels == c and stride == 1 { identity } else { conv(c, 1, stride = stride) }
    }
    relu
}
block stage(c, count, stride) { first: unit(c, stride); rest: unit(c) * (count - 1) }
net Stages { input x: 3 x 32 x 32; stage(8, 3, 1); stage(16, 4, 2); stage(32, 6, 2); stage(64, 2, 2) }
""",
    "dense": """
block layer(k) { concat { identity; { batchnorm; relu; conv(k, 3, padding = same) } } }
block transition { conv(in.channels // 2, 1); avgpool(2) }
net Dense { input x: 8 x 16 x 16
    block dense(layers) { layer(4) * layers }
    one: dense(4); transition; two: dense(6); transition; three: { layer(6) * 4 }
}
""",
    "hourglass": """
block unit(c) { add { conv(c, 3, padding = same) -> relu; identity } }
block hourglass(depth, c) {
    add {
        unit(c)
        {
            maxpool(2); unit(c)
            inner: if depth > 1 { hourglass(depth - 1, c) } else { unit(c) }
            unit(c); upsample(2)
        }
    }
}
net Hourglass { input x: 4 x 32 x 32; hourglass(3, 4) }
""",
    "hourglass_unlabelled": """
block unit(c) { add { conv(c, 3, padding = same) -> relu; identity } }
block hourglass(depth, c) {
    add {
        unit(c)
        {
            maxpool(2); unit(c)
            if depth > 1 { hourglass(depth - 1, c) } else { unit(c) }
            unit(c); upsample(2)
        }
    }
}
net Hourglass { input x: 4 x 32 x 32; hourglass(3, 4) }
""",
    "mutual": """
block even(n) { conv(4, 1); if n > 0 { odd(n - 1) } }
block odd(n) { relu; conv(in.channels, 3, padding = same); if n > 0 { even(n - 1) } }
net Mutual { input x: 4 x 8 x 8; even(4); odd(3) }
""",
    "sequences": """
sequence conv_bn(c, k = 3, stride = 1) { conv(c, k, stride = stride, padding = same); batchnorm; relu }
sequence tail(c) { conv(c, 1); flatten }
net Sequences { input x: 3 x 16 x 16; conv_bn(8); conv_bn(8, 1); conv_bn(16, stride = 2); tail(4); linear(3) }
""",
    "inception": """
block inception(c1, r3, c3, proj) {
    concat {
        conv(c1, 1) -> relu
        conv(r3, 1) -> relu -> conv(c3, 3, padding = same) -> relu
        maxpool(3, stride = 1, padding = 1) -> conv(proj, 1)
    }
    conv(in.channels, 1)
}
net Inception { input x: 8 x 16 x 16; inception(2, 3, 4, 5); inception(4, 2, 6, 2); inception(1, 3, 8, 3) }
""",
    "pads": """
block down(c, stride) {
    conv(c, 3, stride = stride, padding = [[0, 1]])
    pool: avgpool(2, stride = 1, padding = [[0, 1]])
}
net Pads { input x: 3 x 16 x 16
    down(8, 1); down(8, 2); pad(channels = [[0, 4]]); local: locally_connected(2, 3)
}
""",
    "split": """
block halves(c) {
    let parts = split(in, 2)
    concat(parts[0] -> conv(c, 1), parts[1]) -> shuffle(2)
}
net Split { input x: 8 x 8 x 8; halves(4); halves(4) }
""",
    "kernels": """
block pooled(k) { maxpool(k, stride = 1, padding = k // 2); conv(4, k, padding = k // 2, dilation = 1) }
net Kernels { input x: 2 x 16 x 16; pooled(3); pooled(5); pooled(1); softmax }
""",
    "depths": """
block body(n) { if n > 1 { conv(4, 3, padding = same); relu }; conv(8, 1) }
net Depths { input x: 4 x 8 x 8; body(1); body(2); body(3) }
""",
    "passed": """
block up(skip, c) { grown: conv_transpose(c, 2, stride = 2); concat(skip, grown); conv(c, 1) }
net Passed { input x: 3 x 16 x 16
    a: conv(4, 3, padding = same) -> maxpool(2) -> b: conv(8, 3, padding = same) -> maxpool(2) -> conv(16, 1)
    up(b, 8); up(a, 4)
}
""",
}


_FIXED = """\
block residual { add { conv(in.channels, 1); identity }; relu }
block gate { mul { identity; { avgpool(global); conv(in.channels, 1); sigmoid } } }
"""


def random_spec(rng: random.Random) -> str:
    """A spec of a few blocks with arguments, branches, conditions and repeats, each used several times."""
    blocks = []
    names: list[str] = []
    for index in range(rng.randint(1, 4)):
        lines = _lines(rng, names, rng.randint(1, 4))
        blocks.append(f"block {'pqrt'[index]}(c, s = 1, on = true) {{\n{lines}}}\n")
        names.append("pqrt"[index])
    uses = "".join(f"    {_use(rng, names)}\n" for _ in range(rng.randint(2, 4)))
    label = f"    feats: {{ {_use(rng, names)}; relu; {_use(rng, names)} }}\n" if rng.random() < 0.5 else ""
    return _FIXED + "".join(blocks) + f"net N {{\n    input x: 4 x 8 x 8\n{uses}{label}    conv(3, 1)\n}}\n"


def _use(rng: random.Random, names: list[str]) -> str:
    channels, stride, on = rng.choice([2, 4, 6, 8]), rng.choice([1, 1, 1, 2]), rng.choice(["true", "false"])
    call = f"{rng.choice(names)}({channels}, {stride}, {on})"
    return f"{call} * {rng.randint(2, 3)}" if rng.random() < 0.2 and stride == 1 else call


def _lines(rng: random.Random, names: list[str], count: int) -> str:
    text = ""
    for index in range(count):
        text += f"    {_line(rng, names, index)}\n"
    return text


def _line(rng: random.Random, names: list[str], index: int) -> str:
    inner = f"{rng.choice(names)}(c)" if names else "conv(c, 3, padding = same)"
    return rng.choice(
        [
            "conv(c, 3, stride = s, padding = 1); relu",
            "conv(2 * c, 1) -> batchnorm -> relu",
            "if on { conv(c, 1) }",
            "if on { relu }",
            f"l{index}: {inner}",
            f"concat {{ conv(c, 1); {inner}; identity }}",
            "concat { conv(c, 1) -> relu; conv(c + 1, 3, padding = same) }",
            "add { conv(c, 1); { conv(c, 3, padding = same); relu } }",
            f"d{index}: if in.channels == c {{ identity }} else {{ conv(c, 1); batchnorm }}",
            f"h{index}: {{ conv(c, 1); relu; conv(in.channels, 1) }}",
            "residual",
            f"g{index}: gate",
            "maxpool(3, stride = 1, padding = 1)",
        ]
    )
