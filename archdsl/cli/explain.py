"""`archdsl explain`: what a diagnostic means."""

from __future__ import annotations

import click

from archdsl.cli.calls import SOUND, CallError, did_you_mean, put


@click.command(short_help="Explain a diagnostic.")
@click.argument("code", required=False, metavar="[CODE]")
def explain(code: str | None) -> int:
    """Explain a diagnostic by its code, such as E301; without a code, list them all."""
    from archdsl.outputs.reference import diagnostics, message

    known = diagnostics()
    if code is None:
        put("\n".join(f"{name}  {each.headline()}" for name, each in known.items()))
        return SOUND
    kind = known.get(code.upper())
    if kind is None:
        raise CallError(f"no diagnostic has the code `{code}`", did_you_mean(code, known))
    put(f"{kind.severity}[{kind.code}]: {message(kind)}\n\n{kind.explanation()}")
    return SOUND
