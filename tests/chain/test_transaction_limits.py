"""What no chain would take is refused before it is signed; and the chains of the tests refuse it, too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from eth_account import Account

from parley.chain.devnet import Flavour, command_line
from parley.chain.errors import TooBig
from parley.chain.transactions import ENVELOPE_BYTES, TX_BYTES_LIMIT, TX_GAS_LIMIT, Outgoing, check_gas

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
STARTS_ANVIL = re.compile(r"""bin["'] / ["']anvil["']|(which\(|\[)["']anvil["']|bin/anvil|\banvil --""")
MOST = (1 << 64) - 1


def test_check_size__longest_transaction_that_passes__fits_into_128_kib() -> None:
    """F-75: with the longest of all other fields, what passes is never too long for a node, and hardly too short."""
    message = Outgoing("supply", "0x" + "11" * 20, b"\xff" * (TX_BYTES_LIMIT - ENVELOPE_BYTES), 10**27)
    message.check_size()
    signed = Account.create().sign_transaction(
        {
            **message.unsigned(),
            "type": 2,
            "chainId": MOST,
            "nonce": MOST,
            "gas": MOST,
            "maxFeePerGas": MOST,
            "maxPriorityFeePerGas": MOST,
        }
    )
    assert TX_BYTES_LIMIT - 64 < len(signed.raw_transaction) <= TX_BYTES_LIMIT


def test_check_size__a_byte_more__is_refused_unsigned() -> None:
    """F-75: a transaction of more than 128 KiB."""
    with pytest.raises(
        TooBig, match="supply has 130881 bytes of data; nodes take transactions of 131072 at most"
    ) as no:
        Outgoing("supply", None, bytes(TX_BYTES_LIMIT - ENVELOPE_BYTES + 1)).check_size()
    assert "nothing was signed" in str(no.value.hint)


def test_check_gas__more_than_eip_7825_allows__is_refused_unsigned() -> None:
    """F-75: a transaction of more than 2^24 gas."""
    check_gas("settle", TX_GAS_LIMIT)
    with pytest.raises(TooBig, match=r"settle needs 16777217 gas; a transaction may have 16777216 at most"):
        check_gas("settle", TX_GAS_LIMIT + 1)


def sources() -> list[Path]:
    """Whatever might start a chain."""
    found = [path for folder in ("tests", "scripts", "workers") for path in (ROOT / folder).rglob("*.py")]
    return [*found, ROOT / "Makefile", *(ROOT / ".github").rglob("*.yml")]


def test_anvil__every_start__enforces_the_gas_limit() -> None:
    """F-76: Anvil takes any gas unless it is told; every place that starts one tells it."""
    starting = {
        path.relative_to(ROOT).as_posix(): "--enable-tx-gas-limit" in path.read_text()
        for path in sources()
        if path != Path(__file__).resolve() and STARTS_ANVIL.search(path.read_text())
    }
    assert {"tests/support/anvil.py", "workers/parley/chain/devnet.py"} <= set(starting)
    assert [path for path, enforces in starting.items() if not enforces] == []


def test_devnet__command_line__enforces_the_gas_limit(tmp_path: Path) -> None:
    """F-76: so do the chains that users start."""
    for flavour in Flavour:
        line = command_line(tmp_path / "anvil", tmp_path, flavour=flavour, port=0, block_time=1, accounts=1)
        assert "--enable-tx-gas-limit" in line
