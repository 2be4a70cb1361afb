"""Makes the synchronous client of the asynchronous one: `python -m scripts.sync_client [--check]`.

Awaits become plain calls; nothing else differs, so that both have one description and one behaviour.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "sluice" / "aio"
MADE = ROOT / "sluice" / "sync"
_HEADER = "# Made of sluice/aio/{name} by `python -m scripts.sync_client`: change that.\n"
_NAMES = {
    "AsyncIterator": "Iterator",
    "AsyncBaseTransport": "BaseTransport",
    "aclose": "close",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "asyncio": "time",
}
"""Where the name is not that of the asynchronous one without Async in front."""


class _Sync(ast.NodeTransformer):
    """The same without awaiting."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """A function."""
        fields = {name: getattr(node, name) for name in ast.FunctionDef._fields if hasattr(node, name)}
        return self.visit_named(ast.FunctionDef(**fields))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function by its new name."""
        return self.visit_named(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """A class by its new name."""
        return self.visit_named(node)

    def visit_named(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        """Whatever has a name and a body."""
        node.name = renamed(node.name)
        return self.generic_visit(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        """A loop."""
        self.generic_visit(node)
        return ast.For(node.target, node.iter, node.body, node.orelse)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        """A block."""
        self.generic_visit(node)
        return ast.With(node.items, node.body)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        """What was awaited; a call in a thread becomes a call."""
        found = self.visit(node.value)
        if isinstance(found, ast.Call) and ast.unparse(found.func) == "time.to_thread":
            return ast.Call(found.args[0], found.args[1:], found.keywords)
        return ast.AST() if found is None else found

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        """A comprehension."""
        node.is_async = 0
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A name."""
        node.id = renamed(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """A name of something's."""
        node.attr = renamed(node.attr)
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Names in docstrings and in annotations that are text."""
        if isinstance(node.value, str):
            node.value = re.sub(r"\bAsync(?=[A-Z])", "", node.value)
            node.value = node.value.replace("asynchronous", "synchronous").replace("`async with`", "`with`")
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        """Modules."""
        for each in node.names:
            each.name = renamed(each.name)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        """Names of modules."""
        node.module = (node.module or "").replace("sluice.aio", "sluice.sync")
        for each in node.names:
            each.name = renamed(each.name)
        return node


def renamed(name: str) -> str:
    """The name of the synchronous one."""
    return _NAMES.get(name, name.removeprefix("Async"))


def made(source: Path) -> str:
    """The synchronous module of an asynchronous one, formatted."""
    tree = ast.fix_missing_locations(_Sync().visit(ast.parse(source.read_text())))
    text = _HEADER.format(name=source.name) + ast.unparse(tree) + "\n"
    ruff = [sys.executable, "-m", "ruff"]
    where = ["--stdin-filename", str(MADE / source.name), "-"]
    for step in (["check", "--select", "I,F401", "--fix", "--quiet"], ["format", "--quiet"]):
        done = subprocess.run([*ruff, *step, *where], input=text, text=True, capture_output=True, check=True)
        text = done.stdout
    return text


def main(check: bool) -> int:
    """Write them all, or say which differ from what they are made of; the exit status."""
    differ = 0
    for source in sorted(SOURCE.glob("*.py")):
        text, target = made(source) if source.read_text() else "", MADE / source.name
        if not target.exists() or target.read_text() != text:
            differ += 1
            if check:
                sys.stderr.write(f"{target} differs: run `python -m scripts.sync_client`\n")
            else:
                target.write_text(text)
    return 1 if check and differ else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
