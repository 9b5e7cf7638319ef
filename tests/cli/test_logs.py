"""What reaches standard error: no secret, whoever writes it, and no field without end."""

from __future__ import annotations

import json
import logging
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest
import structlog

from parley.chain.keystore import account_from_hex
from parley.cli import failures, logs
from parley.errors import ParleyError
from parley.redaction import HIDDEN, REDACTOR

pytestmark = pytest.mark.unit

KEY = bytes.fromhex("ca4a51e5" * 8)
PASSWORD = 'canary-password "quoted"'
URL = "https://rpc.example/v3/canary0123456789?token=canarytoken99"
SECRETS = (
    KEY.hex(),
    str(int.from_bytes(KEY, "big")),
    repr(KEY),
    "canary-password",
    "canary0123456789",
    "canarytoken99",
)


@pytest.fixture(autouse=True)
def _known() -> Iterator[None]:
    """The process knows a key, a password and an endpoint; logging is as before afterwards."""
    root, hook = logging.getLogger(), threading.excepthook
    handlers, level = list(root.handlers), root.level
    account_from_hex(KEY.hex(), source="a test")
    REDACTOR.hide(PASSWORD)
    REDACTOR.hide_url(URL)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    threading.excepthook = hook
    logging.captureWarnings(False)


def told() -> None:
    structlog.get_logger("parley").info("started", key=KEY, nested={"key": [KEY.hex()]}, password=PASSWORD, url=URL)


def foreign() -> None:
    logging.getLogger("web3.provider").error("POST %s failed for %s", URL, KEY.hex(), extra={"key": KEY})


def _fail() -> None:
    local = KEY  # a traceback that shows local variables would show it
    raise ValueError(f"cannot use {local.hex()} at {URL} with {PASSWORD} and {local!r}")


def traced() -> None:
    try:
        _fail()
    except ValueError:
        structlog.get_logger("parley").exception("cycle failed unexpectedly; trying again")


def in_a_thread() -> None:
    logs.catch_all()
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()


def warned() -> None:
    logs.catch_all()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"deprecated: {KEY.hex()}", stacklevel=1)


@pytest.mark.parametrize("style", ["human", "json"])
@pytest.mark.parametrize("write", [told, foreign, traced, in_a_thread, warned], ids=lambda write: write.__name__)
def test_log__canary_in_every_way__is_hidden(
    write: Callable[[], None], style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-64, P-21: fields, messages of foreign libraries, tracebacks, threads that die, warnings."""
    logs.configure("debug", style)
    write()
    written = capsys.readouterr().err
    assert HIDDEN in written
    for secret in SECRETS:
        assert secret.lower() not in written.lower()
    if style == "json":
        assert all(isinstance(json.loads(line), dict) for line in written.splitlines())


@pytest.mark.parametrize("debug", [False, True])
def test_failure__canary_in_the_message_and_its_cause__is_hidden(
    debug: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-64, P-21: error, hint and traceback, those of causes included."""
    try:
        try:
            _fail()
        except ValueError as cause:
            raise ParleyError(f"cannot sign with {KEY.hex()}", hint=f"ask {URL}") from cause
    except ParleyError as error:
        failures.report(error, debug=debug)
    written = capsys.readouterr().err
    assert ("Traceback" in written) == debug
    assert written.count(HIDDEN) >= 2
    for secret in SECRETS:
        assert secret.lower() not in written.lower()


def test_log__secret_at_the_cut__leaves_no_half(capsys: pytest.CaptureFixture[str]) -> None:
    """F-64, F-65: a field is cleaned before it is cut, so that no half of a key is left."""
    logs.configure("info", "json")
    for before in range(logs.MAX_FIELD - 70, logs.MAX_FIELD + 5, 5):
        structlog.get_logger("parley").info("x", long="." * before + KEY.hex() + "." * 100)
    written = capsys.readouterr().err
    assert KEY.hex()[:12] not in written
    assert len(written.splitlines()) == 15


def test_log__endless_and_many_fields__are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """F-65: what a peer or a node says does not fill a disk by one line."""
    logs.configure("info", "json")
    fields = {f"field{number}": "y" * 100_000 for number in range(200)}
    structlog.get_logger("parley").info("x" * 100_000, **fields, number=1 << 5000, line="a\nb")
    (line,) = capsys.readouterr().err.splitlines()
    assert len(line) < 60_000
    facts = json.loads(line)
    assert facts["field0"].endswith("... (100000 characters)")
    assert facts["fields_left_out"] > 100
