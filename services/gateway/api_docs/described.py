"""What the fields of a body are for: the strings that stand after them in its class."""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise


@cache
def field_texts(body: type) -> dict[str, str]:
    """The text of each field that has one, those of the classes that it inherits from included."""
    texts: dict[str, str] = {}
    for kind in reversed(body.__mro__):
        if kind.__module__.startswith(("libs.", "sluice.")):
            texts |= _own(kind)
    return texts


def _own(kind: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    statements = tree.body if isinstance(tree, ast.ClassDef) else []
    texts = {}
    for field, after in pairwise(statements):
        match field, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                texts[name] = " ".join(text.split())
    return texts
