"""What every command needs: its common options, its refusals, and where its text goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from archdsl.diagnostics.style import Paint

SOUND, WRONG_SPEC, WRONG_CALL, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 130, 141

F = TypeVar("F", bound=Callable[..., Any])


class CallError(click.ClickException):
    """The call is wrong, not the spec: what is wrong, and what to do instead."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remedy for a misspelled name; what there is, where nothing is close."""
    from difflib import get_close_matches

    names = list(dict.fromkeys(known))
    folded = {each.casefold(): each for each in names}
    if close := get_close_matches(name.casefold(), folded, 1, 0.6):
        return f"did you mean `{folded[close[0]]}`?"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"there is {shown}" if names else ""


# --- options ---------------------------------------------------------------------------------------


def _settings(context: click.Context, option: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise CallError(f"`--set {pair}` sets nothing", "write it as in `--set classes=10`")
        settings[name.strip()] = value.strip()
    return settings


def net_options(command: F) -> F:
    """`--net` and `--set`, which say what of a spec is meant."""
    command = click.option(
        "settings",
        "--set",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_settings,
        help="Give a parameter of the nets another value; may be repeated.",
    )(command)
    return click.option(
        "nets",
        "--net",
        multiple=True,
        metavar="NAME",
        help="One network (VGG.D), or all variants of one (VGG); may be repeated.",
    )(command)


def output_option(help: str) -> Callable[[F], F]:
    """`-o FILE`; a dash means standard output, as does saying nothing."""

    def file(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
        return None if value == "-" else value

    return click.option("output", "-o", "--output", metavar="FILE", callback=file, help=help)


# --- streams ---------------------------------------------------------------------------------------


def paint_for(stream: IO[str]) -> Paint:
    """Colours for a terminal; NO_COLOR and FORCE_COLOR decide otherwise."""
    from archdsl.diagnostics.style import Paint

    if os.environ.get("NO_COLOR"):
        return Paint(False)
    if force := os.environ.get("FORCE_COLOR"):
        return Paint(force != "0")
    return Paint(stream.isatty() and os.environ.get("TERM") != "dumb")


def put(text: str) -> None:
    """Write whole lines to standard output."""
    with _standard_output():
        print(text, end="" if text.endswith("\n") else "\n", flush=True)


def put_bytes(data: bytes) -> None:
    """The same for pictures."""
    with _standard_output():
        sys.stdout.buffer.write(data)
        sys.stdout.flush()


def tell(text: str) -> None:
    """Write to standard error."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def _standard_output() -> Iterator[None]:
    """Leave quietly where nobody reads any more; say so where nothing can be written."""
    try:
        yield
    except OSError as problem:
        # the interpreter flushes once more at its end, which must not fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(problem, BrokenPipeError):
            raise click.exceptions.Exit(CLOSED_PIPE) from None
        raise CallError(f"cannot write: {problem.strerror or problem}") from None


def _is_spec(path: str) -> bool:
    """Whether a file is one that this call reads, or named like one."""
    given = click.get_current_context().params
    read = [given.get("path"), given.get("spec"), *(given.get("paths") or ())]
    same = (each for each in read if each and os.path.isfile(each) and os.path.isfile(path))
    return path.endswith(".arch") or any(os.path.samefile(each, path) for each in same)


def save(path: str, content: str | bytes | Iterable[bytes]) -> None:
    """Write a file whole or not at all."""
    from archdsl.outputs.write import write

    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        raise CallError(f"there is no folder `{folder}` to write to", f"mkdir -p {folder}")
    if os.path.isdir(path):
        raise CallError(f"`{path}` is a folder", "name a file in it")
    if _is_spec(path):
        raise CallError(f"`{path}` is a spec, which no output replaces", "give the output another name")
    try:
        write(path, content)
    except OSError as problem:
        raise CallError(f"cannot write `{path}`: {problem.strerror or problem}") from None
