"""The command line: `parley ...`.

| folder | what |
|---|---|
| `commands/` | what each command is called, takes and prints: parse, call one action, print |
| `actions/` | what it does: typed functions without a terminal, which the demo and tests call as well |
| `app` | the program: its options, groups and exit codes |
| `session` | what a command works with: chain, contracts, store and key, each opened on first use |
| `output`, `progress`, `logs`, `failures` | results to standard output; all else to standard error |

Importing this package loads neither torch nor numba nor web3; `parley --help` answers at once.
"""

from __future__ import annotations


def main() -> None:
    """Run `parley` on the process's arguments and exit."""
    from parley.cli.app import run

    run()
