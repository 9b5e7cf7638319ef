#!/usr/bin/env python3
"""Check that every declaration of the contracts is documented: `python scripts/natspec.py [--strict]`.

In `contracts/`, each contract, interface, library, struct, enum, event, error, modifier, public state variable and
function that is not private needs NatSpec (`@notice`, `@dev` or `@inheritdoc`). With `--strict`, that of an event, an
error, a constructor or an external or public function must also name every named parameter, by `@param` or in prose,
unless it inherits.
Exit code 1, with one line per gap, if anything is missing.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOLC = ROOT / "scripts" / "solc"

Node = dict[str, Any]

DECLARATIONS = {
    "ContractDefinition": "contract",
    "StructDefinition": "struct",
    "EnumDefinition": "enum",
    "EventDefinition": "event",
    "ErrorDefinition": "error",
    "ModifierDefinition": "modifier",
    "FunctionDefinition": "function",
    "VariableDeclaration": "variable",
}


@dataclass(frozen=True)
class Gap:
    """A declaration that lacks documentation."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        """Format as a compiler would: file, line, message."""
        return f"{self.path}:{self.line}: {self.what}"


class CompilerError(Exception):
    """A source does not parse."""


def parse(sources: dict[str, str]) -> dict[str, Node]:
    """Return the syntax tree of each source; nothing is resolved, so imports need not exist."""
    request = {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sources.items()},
        "settings": {"stopAfter": "parsing", "outputSelection": {"*": {"": ["ast"]}}},
    }
    run = subprocess.run([SOLC, "--standard-json"], input=json.dumps(request), capture_output=True, text=True)
    if run.returncode != 0:
        raise CompilerError(run.stderr.strip())
    answer = json.loads(run.stdout)
    errors = [error["formattedMessage"] for error in answer.get("errors", []) if error["severity"] == "error"]
    if errors:
        raise CompilerError("\n".join(errors))
    return {path: source["ast"] for path, source in answer["sources"].items()}


def documentation(node: Node, data: bytes) -> str:
    """Return the NatSpec above a declaration, empty if there is none."""
    text = node.get("documentation")
    if text is None and node["nodeType"] == "VariableDeclaration":
        return comment_before(start_of(node), data)  # the parser gives none for variables
    return str(text["text"] if isinstance(text, dict) else text or "")


def start_of(node: Node) -> int:
    """Return the byte offset at which a declaration begins."""
    return int(node["src"].split(":")[0])


def comment_before(offset: int, data: bytes) -> str:
    """Return the `///` lines or the `/** */` block that end right before an offset."""
    above = data[:offset].decode()
    match = re.search(r"(?:(?:^[ \t]*///[^\n]*\n)+|/\*\*(?:(?!\*/).)*\*/\s*)[ \t]*\Z", above, re.MULTILINE | re.DOTALL)
    return match[0] if match else ""


def visibility(node: Node) -> str:
    """Return the visibility of a function or variable; before resolution constructors carry none, they are public."""
    return str(node.get("visibility", "public"))


def must_be_documented(node: Node) -> bool:
    """Say whether a declaration belongs to the surface that readers meet."""
    kind = node["nodeType"]
    if kind == "FunctionDefinition":
        return visibility(node) != "private"
    if kind == "VariableDeclaration":
        return visibility(node) == "public"
    return kind in DECLARATIONS


def declarations(node: Node) -> Iterator[Node]:
    """Yield the declarations in a file and, one level down, in its contracts."""
    for child in node.get("nodes", []):
        if child["nodeType"] in DECLARATIONS:
            yield child
        if child["nodeType"] == "ContractDefinition":
            yield from declarations(child)


def unnamed_parameters(node: Node, text: str) -> list[str]:
    """Return the named parameters that the text does not name."""
    names = [parameter["name"] for parameter in node["parameters"]["parameters"] if parameter["name"]]
    return [f"a word about {name}" for name in names if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]


def shortcomings(node: Node, data: bytes, *, strict: bool) -> list[str]:
    """Return what a declaration lacks; empty if it is well documented."""
    text = documentation(node, data)
    if "@inheritdoc" in text:
        return []
    if not text.strip():
        return ["NatSpec"]
    if not strict:
        return []
    is_entry_point = node["nodeType"] == "FunctionDefinition" and visibility(node) in {"external", "public"}
    if is_entry_point or node["nodeType"] in {"EventDefinition", "ErrorDefinition"}:
        return unnamed_parameters(node, text)
    return []


def gaps_of(path: str, source: str, tree: Node, *, strict: bool) -> tuple[int, list[Gap]]:
    """Return how many declarations a file has and which of them lack documentation."""
    checked, gaps = 0, []
    data = source.encode()
    for node in filter(must_be_documented, declarations(tree)):
        checked += 1
        missing = shortcomings(node, data, strict=strict)
        if missing:
            line = data[: start_of(node)].count(b"\n") + 1
            name = node.get("name") or node.get("kind", "")
            gaps.append(Gap(path, line, f"{DECLARATIONS[node['nodeType']]} {name} lacks {', '.join(missing)}"))
    return checked, gaps


def check(sources: dict[str, str], *, strict: bool) -> tuple[int, list[Gap]]:
    """Return how many declarations the sources hold and every gap, in order of file and line."""
    trees = parse(sources)
    results = [gaps_of(path, sources[path], trees[path], strict=strict) for path in sorted(sources)]
    return sum(count for count, _ in results), [gap for _, gaps in results for gap in gaps]


def main() -> int:
    """Check `contracts/`; return the exit code."""
    parser = argparse.ArgumentParser(description="Check that every declaration of the contracts is documented.")
    parser.add_argument("--strict", action="store_true", help="parameters must be named, too")
    arguments = parser.parse_args()
    paths = sorted((ROOT / "contracts").rglob("*.sol"))
    sources = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    try:
        checked, gaps = check(sources, strict=arguments.strict)
    except CompilerError as error:
        print(error, file=sys.stderr)
        return 2
    for gap in gaps:
        print(gap)
    print(f"natspec: {checked - len(gaps)} of {checked} declarations documented")
    return 1 if gaps or not checked else 0


if __name__ == "__main__":
    raise SystemExit(main())
