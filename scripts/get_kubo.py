#!/usr/bin/env python3
"""Print the path of a Kubo (``ipfs``) program, building it first if there is none: ``python scripts/get_kubo.py``.

The one on the PATH is taken if it is new enough; else Kubo is compiled from its Go module into the user's cache folder
(two minutes, once). Progress goes to standard error, the path alone to standard output.
"""

import sys

from parley.errors import ParleyError
from parley.storage.kubo_binary import find_kubo


def main() -> int:
    """Find or build Kubo; return the exit code."""
    try:
        path = find_kubo(say=lambda line: print(line, file=sys.stderr, flush=True))
    except ParleyError as error:
        print(f"error: {error}", f"hint: {error.hint}", sep="\n", file=sys.stderr)
        return int(error.exit_code)
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
