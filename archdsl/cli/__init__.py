"""The command line: the one part that reads, prints and exits."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

import click

from archdsl import __version__
from archdsl.cli.calls import INTERRUPTED, SOUND, WRONG_CALL, CallError, paint_for, tell

COMMANDS = {
    "check": "check",
    "compile": "compile_",
    "diff": "diff",
    "draw": "draw",
    "explain": "explain",
    "sizes": "sizes",
    "table": "table",
    "view": "view",
    "weights": "weights",
    "why": "why",
}
"""Each in a module of its own name, as a function of this one."""


class Commands(click.Group):
    """The commands, of which only the one that is called is loaded."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"archdsl.cli.{name}"), COMMANDS[name])
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="archdsl %(version)s")
def cli() -> None:
    """A network written as its paper's table: checked, drawn and compiled to PyTorch."""


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
