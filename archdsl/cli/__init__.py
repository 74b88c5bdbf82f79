"""The command line: the one part that reads, prints and exits."""

from __future__ import annotations

import gc
import sys

import click

from archdsl import __version__
from archdsl.cli.calls import INTERRUPTED, SOUND, WRONG_CALL, CallError, paint_for, tell
from archdsl.cli.check import check
from archdsl.cli.compile import compile_
from archdsl.cli.diff import diff
from archdsl.cli.draw import draw
from archdsl.cli.explain import explain
from archdsl.cli.sizes import sizes
from archdsl.cli.table import table
from archdsl.cli.weights import weights
from archdsl.cli.why import why


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="archdsl %(version)s")
def cli() -> None:
    """A network written as its paper's table: checked, drawn and compiled to PyTorch."""


for command in (check, sizes, table, draw, diff, compile_, weights, explain, why):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> int:
    """Run one call and give its exit code: 0 sound, 1 the spec is wrong, 2 the call is wrong."""
    gc.disable()  # a call ends before garbage matters, and trees of a million nodes are slow to scan
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a mark that the terminal lacks is no reason to fail
    try:
        code = cli.main(arguments, prog_name="archdsl", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as problem:
        tell(problem.format_message())
        return WRONG_CALL
    except click.ClickException as problem:
        return _refuse(problem)
    except click.Abort:
        return INTERRUPTED
    return code if isinstance(code, int) else SOUND


def _refuse(problem: click.ClickException) -> int:
    """Say what is wrong with the call and what to do instead."""
    paint = paint_for(sys.stderr)
    remedy = ""
    if isinstance(problem, CallError):
        remedy = problem.remedy
    elif isinstance(problem, click.UsageError) and problem.ctx is not None:
        remedy = f"see `{problem.ctx.command_path} --help`"
    tell(f"{paint('error', 'error')}: {problem.format_message()}")
    if remedy:
        tell(f"{paint('help', 'help')}: {remedy}")
    return WRONG_CALL
