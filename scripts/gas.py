"""Gas of whole transactions, as `receipt.gasUsed`, beside the targets (P-13).

    python scripts/gas.py [--json] [--update]

Plays federations of 10, 100 and 256 trainers on an Anvil of its own, every operator acting through a worker key, with
calldata that looks random and is the same in every run. `--update` rewrites the snapshot that `tests/gas` compares.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from gasmeter.measure import SIZE_LIMIT, TARGETS, measure  # noqa: E402
from tests.support.anvil import running_anvil  # noqa: E402

SNAPSHOT = ROOT / "tests" / "gas" / "snapshot.json"


def measured() -> dict[str, dict[str, int]]:
    """The whole snapshot: gas by row, bytes by contract."""
    with running_anvil(accounts=1) as node:
        gas, sizes = measure(node.url)
    return {"gas": gas, "bytes": sizes}


def main() -> int:
    """Measure, print and compare; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the snapshot as JSON")
    parser.add_argument("--update", action="store_true", help=f"rewrite {SNAPSHOT.relative_to(ROOT)}")
    options = parser.parse_args()
    found = measured()
    text = json.dumps(found, indent=2) + "\n"
    if options.update:
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(text)
    if options.json:
        sys.stdout.write(text)
    else:
        show(found)
    return 1 if missed(found) else 0


def missed(found: dict[str, dict[str, int]]) -> list[str]:
    """Rows beyond their target."""
    gas = [call for call, limit in TARGETS.items() if found["gas"][call] > limit]
    return gas + [name for name, size in found["bytes"].items() if size > SIZE_LIMIT]


def show(found: dict[str, dict[str, int]]) -> None:
    """Print the table."""
    table = Table("call", "gas", "target", "", title="gas of whole transactions")
    for call, gas in found["gas"].items():
        limit = TARGETS.get(call)
        table.add_row(call, f"{gas:,}", f"{limit:,}" if limit else "", _mark(gas, limit))
    for name, size in found["bytes"].items():
        table.add_row(f"{name}, bytes", f"{size:,}", f"{SIZE_LIMIT:,}", _mark(size, SIZE_LIMIT))
    Console().print(table)


def _mark(value: int, limit: int | None) -> str:
    return "" if limit is None else "[green]ok[/green]" if value <= limit else f"[red]{value - limit:+,}[/red]"


if __name__ == "__main__":
    sys.exit(main())
