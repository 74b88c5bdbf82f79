"""What the variables of a forward pass are called.

The tensor that everything goes through is x; what is needed later has the spec's name for it, or says
which branch it belongs to. A name is given again only when nobody needs what had it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, count

from archdsl.outputs.torch.code import Binary
from archdsl.outputs.torch.statements import Statement


def variables(statements: list[Statement], inputs: Sequence[str]) -> dict[int, str]:
    """A name for every tensor that gets one."""
    last_use = {value: i for i, each in enumerate(statements) for value in each.operands}
    users = Counter(value for each in statements for value in each.operands)
    branch = _branches(statements, users)
    joined = {value for each in statements if each.joins for value in each.operands}
    names = dict(enumerate(inputs))
    holder = {name: value for value, name in names.items()}

    def free(name: str, now: int) -> bool:
        return name not in holder or last_use.get(holder[name], -1) <= now

    for now, each in enumerate(statements):
        taken: set[str] = set()
        for value, label in zip(each.outputs, each.labels, strict=True):
            end = last_use.get(value, -1)
            if end < 0:
                names[value] = "_"
                continue
            wishes = [branch[value]] if value in branch else ["x", "out", "y", "z"]
            lives = len(each.outputs) > 1 or users[value] > 1 or end > now + 1
            if label and (lives or value in joined):
                wishes = [label]
            numbered = (f"{wishes[0]}{number}" for number in count(2))
            name = next(n for n in chain(wishes, numbered) if n not in taken and free(n, now))
            taken.add(name)
            names[value] = name
            holder[name] = value
    return names


def _branches(statements: list[Statement], users: Counter[int]) -> dict[int, str]:
    """`branch2` for what leads to the second of several branches, and to nothing else."""
    made = [
        (value, label) for each in statements for value, label in zip(each.outputs, each.labels, strict=True)
    ]
    computed = {value for value, label in made if not label}
    found: dict[int, str] = {}
    for each in reversed(statements):
        if each.joins:
            distinct = list(dict.fromkeys(each.operands))
            own = [value for value in distinct if value in computed and users[value] == 1]
            if len(own) > (2 if isinstance(each.expr, Binary) else 1) and not each.gathers:
                found |= {value: f"branch{distinct.index(value) + 1}" for value in own}
        elif len(each.outputs) == 1 and each.outputs[0] in found:
            found |= {value: found[each.outputs[0]] for value in each.operands if users[value] == 1}
    return found
