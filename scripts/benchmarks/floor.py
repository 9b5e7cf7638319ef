"""The least that a worker can be: `python floor.py URL SECONDS [torch]` imports web3 and asks for the block number.

What a role costs beyond that is Parley's. With `torch`, that is imported, too, as by all that train or judge.
"""

from __future__ import annotations

import sys
import time

from web3 import HTTPProvider, Web3


def main() -> None:
    """Poll until killed."""
    url, seconds = sys.argv[1], float(sys.argv[2])
    if "torch" in sys.argv[3:]:
        import torch

        torch.set_num_threads(1)
    w3 = Web3(HTTPProvider(url))
    print("ready", flush=True)
    while True:
        _ = w3.eth.block_number
        time.sleep(seconds)


if __name__ == "__main__":
    main()
