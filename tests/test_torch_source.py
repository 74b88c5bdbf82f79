"""The emitted PyTorch: it reads well, computes what the graph says, and runs wherever PyTorch runs."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch_cases import CASES, random_spec

from archdsl.check.model import Checked, shape_of
from archdsl.outputs.torch import build, emit, verify
from archdsl.outputs.torch.code import Binary, Call, Const, Either, Expr, Items, Name, Repeat, flat, template
from archdsl.outputs.torch.layout import layout
from archdsl.outputs.torch.names import class_name, variable
from archdsl.spec import load, loads

torch = pytest.importorskip("torch")

SPECS = Path(__file__).parent.parent / "specs"
NAMES = list(CASES)
SEEDS = 12


def case(name: str) -> Checked:
    """The one network of a case."""
    (network,) = loads(CASES[name], f"{name}.arch").values()
    return network.checked


def spec(file: str, name: str) -> Checked:
    return load(SPECS / file)[name].checked


def source(name: str) -> str:
    return emit([case(name)])


def body(text: str) -> str:
    """A source from its first class on."""
    return text[text.index("\n\n\n") + 3 :]


def inputs(checked: Checked, batch: int = 2) -> tuple[Any, ...]:
    torch.manual_seed(0)
    made = []
    for value in checked.graph.inputs.values():
        shape = (batch, *shape_of(value))
        whole = value.node.op.dtype == "int"  # type: ignore[attr-defined]
        made.append(torch.randint(0, 9, shape) if whole else torch.randn(shape))
    return tuple(made)


def interpreted(checked: Checked, module: Any, given: tuple[Any, ...]) -> dict[str, Any]:
    """What the graph computes, node by node, with the weights of a module. Knows nothing of classes."""
    from archdsl.outputs.torch.helpers import HELPERS, needed

    names: dict[str, Any] = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn}
    for helper in needed({node.op.torch(*node.shapes).helper for node in checked.graph.nodes} - {None}):
        exec(HELPERS[helper], names)
    known = {id(v): t for v, t in zip(checked.graph.inputs.values(), given, strict=True)}
    for node in checked.graph.nodes:
        if node.op.name == "input":
            continue
        told = node.op.torch(*node.shapes)
        operands = [known[id(value)] for value in node.inputs]
        if told.call is None:
            result = module.get_submodule((node.first or node).path)(*operands)
        else:
            texts = [f"_{i}" for i in range(len(operands))]
            text = told.call.replace("{all}", ", ".join(texts)).format(*texts)
            result = eval(text, names | dict(zip(texts, operands, strict=True)))
        results = [result] if len(node.outputs) == 1 else list(result)
        known.update((id(value), each) for value, each in zip(node.outputs, results, strict=True))
    graph = checked.graph
    return {name: known[id(v)] for name, v in (graph.outputs | graph.training_outputs).items()}


def as_dict(checked: Checked, given: Any) -> dict[str, Any]:
    """What a module returned, by name."""
    names = [*checked.graph.outputs]
    if hasattr(given, "_asdict"):
        return {**given._asdict()}
    return dict(zip(names, [given] if isinstance(given, torch.Tensor) else given, strict=True))


def agree(checked: Checked, rounds: int = 1) -> None:
    """The module computes what the graph says, in evaluation and in training."""
    module = build(checked)
    for mode in (True, False):
        module.train(mode)
        for each in module.modules():
            if isinstance(
                each, torch.nn.Dropout | torch.nn.Dropout2d | torch.nn.modules.batchnorm._BatchNorm
            ):
                each.eval()
        given = inputs(checked)
        with torch.no_grad():
            wanted = interpreted(checked, module, given)
            found = as_dict(checked, module(*given))
        expected = [*checked.graph.outputs, *(checked.graph.training_outputs if mode else [])]
        assert [variable(name) for name in expected] == [variable(name) for name in found]
        for name, tensor in zip(expected, found.values(), strict=True):
            torch.testing.assert_close(tensor, wanted[name], msg=lambda m, name=name: f"{name}: {m}")


# --- what it computes ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_module_computes_what_the_graph_says(name: str) -> None:
    agree(case(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_module_has_the_weights_and_costs_of_the_graph(name: str) -> None:
    assert verify(case(name)) == []


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_networks_compute_what_their_graphs_say(seed: int) -> None:
    text = random_spec(random.Random(seed))
    (network,) = loads(text).values()
    assert verify(network.checked) == [], text
    agree(network.checked)


def ways() -> list[tuple[str, str]]:
    """Every case is scripted; the slower ways see those that differ in what they return and hold."""
    fewer = ["unet", "mobile", "several", "auxiliary", "taps", "dense"]
    fewer += ["shared", "shared_within", "shared_levels", "shared_from_outside"]
    chosen = {"script": NAMES, "script in training": NAMES, "trace": fewer, "export": fewer, "compile": fewer}
    return [(name, way) for way, names in chosen.items() for name in names]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("name, way", ways())
def test_modules_run_in_every_way_that_pytorch_has(name: str, way: str) -> None:
    checked = case(name)
    module = build(checked).train(way == "script in training")
    given = inputs(checked)
    changed: dict[str, Callable[[], Any]] = {
        "script": lambda: torch.jit.script(module),
        "script in training": lambda: torch.jit.script(module),
        "trace": lambda: torch.jit.trace(module, given, check_trace=False),
        "export": lambda: torch.export.export(module, given).module(),
        "compile": lambda: torch.compile(module, backend="eager", fullgraph=True),
    }
    with torch.no_grad():
        torch.manual_seed(1)
        wanted = module(*given)
        torch.manual_seed(1)
        found = changed[way]()(*given)
    torch.testing.assert_close(tuple(found), tuple(wanted))
    torch._dynamo.reset()


# --- how it reads ----------------------------------------------------------------------------------


def every_source(folder: Path) -> dict[str, str]:
    """The sources of all cases, of random networks and of all specs, by file name."""
    sources = {f"case_{name}.py": source(name) for name in NAMES}
    for seed in range(SEEDS):
        (network,) = loads(random_spec(random.Random(seed))).values()
        sources[f"random_{seed}.py"] = emit([network.checked])
    for path in sorted(SPECS.glob("*.arch")):
        networks = [network.checked for network in load(path).values()]
        sources |= {f"{path.stem}_{class_name(each.name)}.py": emit([each]) for each in networks}
        sources[f"{path.stem}_together.py"] = emit(networks)
    return sources


def test_sources_are_formatted_and_clean(tmp_path: Path) -> None:
    for name, text in every_source(tmp_path).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
        assert "archdsl" not in code, name
        assert max(map(len, code.splitlines())) <= 100, name
        bodies = re.findall(r"(?ms)^class \w+(\((?!NamedTuple).*?)(?=^class |\Z)", text)
        assert len({each.strip() for each in bodies}) == len(bodies), f"{name}: a class twice"
    checks = ["check", "--select", "E,F,W,I,UP,B,C4,SIM,RUF005,RUF010,PIE,RET501,RET505", "--ignore", "E501"]
    for command in (checks, ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "100", "."]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "file, name, most",
    [("resnet.arch", "ResNet.50", 130), ("vgg.arch", "VGG.D", 80)],
    ids=["ResNet-50", "VGG-16"],
)
def test_sources_are_as_short_as_if_typed(file: str, name: str, most: int) -> None:
    assert emit([spec(file, name)]).count("\n") <= most


def test_a_bottleneck_reads_as_if_typed() -> None:
    text = body(emit([spec("resnet.arch", "ResNet.50")]))
    assert (
        text.partition("\n\n\n")[0]
        == """\
class Bottleneck(nn.Module):
    def __init__(self, in_channels: int, c: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, c, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        self.conv2 = nn.Conv2d(c, c, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c)
        self.conv3 = nn.Conv2d(c, 4 * c, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * c)
        if in_channels != 4 * c or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, 4 * c, 1, stride=stride, bias=False),
                nn.BatchNorm2d(4 * c),
            )
        else:
            self.downsample = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.downsample(x))"""
    )


def test_a_block_that_holds_itself_is_one_class() -> None:
    text = body(source("unet"))
    assert text.count("class Level(") == 1
    assert "self.level1 = Level(c, 2 * c, depth - 1)" in text
    assert "if depth > 0:" in text
    assert "self.level1 = Level(1, 4, 2)" in text


def test_rows_of_blocks_are_a_loop() -> None:
    text = body(source("dense"))
    assert "        for i in range(layers):\n" in text
    assert 'self.add_module(f"layer{i + 1}", Layer(in_channels + 4 * i, 4))' in text


def test_what_is_missing_is_an_identity() -> None:
    assert "self.gate = Squeeze(t * in_channels) if se else nn.Identity()" in source("mobile")


def test_what_comes_last_may_be_left_out() -> None:
    assert "return F.relu(x) if self.act else x" in source("mobile")


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_has_the_names_of_the_spec_and_no_others(name: str) -> None:
    checked = case(name)
    tied = {tie.left for tie in checked.graph.ties}
    assert set(build(checked).state_dict()) == {name for name, _ in checked.weights()} | tied


def test_one_head_on_several_levels_is_one_module() -> None:
    checked = spec("faster-rcnn.arch", "FasterRCNN-FPN")
    text = emit([checked])
    assert text.count("self.head = Rpn()") == 1
    assert len(re.findall(r"cls, reg = self\.head\(p\d\)", text)) == 5
    with torch.device("meta"):
        state = build(checked).state_dict()
    assert list(state) == [name for name, _ in checked.weights()]


def test_what_goes_on_before_and_after_a_shared_module_is_written_out() -> None:
    text = source("shared_within")
    assert text.count("self.head = nn.Conv2d(") == 1
    assert "self.uses1 = nn.Module()\n" in text
    assert "x = self.uses1.conv1(x)" in text


def test_conditions_are_those_of_the_spec() -> None:
    assert "self.add = stride == 1 and in_channels == c" in source("mobile")
    assert "        if in_channels != c or stride != 1:\n" in source("stages")
    text = source("gated")
    assert "Squeeze(c, ratio=ratio) if se and c > 8 * ratio else nn.Identity()" in text
    assert "self.conv1 = nn.Conv2d(in_channels, in_channels // ratio, 1)" in text


def test_tied_weights_are_one_parameter() -> None:
    module = build(case("tied"))
    assert module.decoder.weight is module.embed.weight


def test_several_results_have_names() -> None:
    checked = case("several")
    module = build(checked)
    assert list(module.eval()(*inputs(checked))._fields) == ["scores", "both"]
    assert list(module.train()(*inputs(checked))._fields) == ["scores", "both", "boxes"]


def test_one_result_is_a_tensor_outside_of_training() -> None:
    checked = case("auxiliary")
    module = build(checked)
    assert isinstance(module.eval()(*inputs(checked)), torch.Tensor)
    assert list(module.train()(*inputs(checked))._fields) == ["output", "aux"]


def test_networks_share_their_classes() -> None:
    networks = [network.checked for network in load(SPECS / "resnet.arch").values()]
    text = emit(networks)
    assert len(re.findall(r"^class Bottleneck", text, flags=re.MULTILINE)) <= 2
    names: dict[str, Any] = {}
    exec(compile(text, "resnets.py", "exec"), names)
    with torch.device("meta"):
        for each in networks:
            found = {name: tuple(p.shape) for name, p in names[class_name(each.name)]().state_dict().items()}
            assert found == {name: weight.shape for name, weight in each.weights()}


def test_long_chains_need_no_recursion() -> None:
    (network,) = loads(
        "net Long { input x: 4 x 8 x 8\n { conv(4, 3, padding = same); relu } * 3000 }"
    ).values()
    text = emit([network.checked])
    assert text.count("self.conv") == 6000
    compile(text, "long.py", "exec")


@pytest.mark.parametrize(
    "name, wanted",
    [
        ("bottleneck", "Bottleneck"),
        ("double_conv", "DoubleConv"),
        ("VGG.D", "VGG_D"),
        ("VGG.A-LRN", "VGG_A_LRN"),
        ("ResNet.50", "ResNet50"),
        ("LeNet-5", "LeNet5"),
        ("2d", "Net2d"),
    ],
)
def test_classes_are_named_in_camel_case(name: str, wanted: str) -> None:
    assert class_name(name) == wanted


def test_a_text_that_ends_in_a_quote_is_a_docstring() -> None:
    (network,) = loads('"""He said "x\\y" """\nnet N { input x: 3\n linear(2) }').values()
    compile(network.source(), "quote.py", "exec")


# --- layout ----------------------------------------------------------------------------------------


def random_expr(rng: random.Random, depth: int) -> Expr:
    word = Name("".join(rng.choices("ABCDEFGH", k=rng.randint(1, 24))))
    if depth == 0:
        return rng.choice([word, Const(rng.choice([1, 25, (3, 4), "same", True, 0.5]))])
    args = tuple(random_expr(rng, depth - 1) for _ in range(rng.randint(1, 5)))
    choice = rng.randrange(6)
    if choice == 0:
        return Items(args, "[]")
    if choice == 1:
        return Binary("+", Binary("+", Binary("+", word, word), word), word)
    if choice == 2:
        return Call(Name("nn.Sequential"), (*args, Repeat(Call(word, args[:1]), Const(3))))
    kwargs = tuple((f"key{i}", random_expr(rng, depth - 1)) for i in range(rng.randint(0, 2)))
    return Call(word, args, kwargs)


def test_layout_is_that_of_ruff(tmp_path: Path) -> None:
    rng = random.Random(0)
    lines = ["class A:", "    def f(self):"]
    for _ in range(400):
        lines += layout("        self.x = ", random_expr(rng, rng.randint(1, 3)))
    path = tmp_path / "layout.py"
    path.write_text("\n".join(lines) + "\n")
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100", "--diff", str(path)]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "text, inputs, wanted",
    [
        ("{0} + {1} * 2", 2, "a + b * 2"),
        ("({0} + {1}) * 2", 2, "(a + b) * 2"),
        ("{0}[:, :, 2:6, -3:]", 1, "a[:, :, 2:6, -3:]"),
        ("torch.cat([{all}], dim=-1)", 3, "torch.cat([a, b, c], dim=-1)"),
        ("{0}.permute(0, 2, 1).flatten(1)", 1, "a.permute(0, 2, 1).flatten(1)"),
        ('F.pad({0}, (1, 2), mode="reflect")', 1, 'F.pad(a, (1, 2), mode="reflect")'),
    ],
)
def test_calls_of_operators_are_understood(text: str, inputs: int, wanted: str) -> None:
    from archdsl.outputs.torch.code import Operand, rebuild

    expr = rebuild(template(text, inputs), lambda x: Name("abc"[x.index]) if isinstance(x, Operand) else x)
    assert flat(expr) == wanted


def test_parentheses_stand_where_they_must() -> None:
    a, b = Name("a"), Name("b")
    assert flat(Binary("*", Binary("+", a, b), a)) == "(a + b) * a"
    assert flat(Binary("-", a, Binary("-", a, b))) == "a - (a - b)"
    assert flat(Either(Binary("!=", a, Const(1)), Call(a), b)) == "a() if a != 1 else b"
