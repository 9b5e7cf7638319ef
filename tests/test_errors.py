"""Every error carries a message, a hint and an exit code of its own kind."""

from __future__ import annotations

import pytest

from parley import errors
from parley.errors import ExitCode, ParleyError

pytestmark = pytest.mark.unit

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ParleyError)]


def test_parley_error__message_and_hint__are_kept() -> None:
    error = errors.ConfigError("unknown key 'colour'", hint="remove it from parley.toml")
    assert str(error) == error.message == "unknown key 'colour'"
    assert error.hint == "remove it from parley.toml"
    assert error.exit_code is ExitCode.CONFIG


def test_parley_error__exit_code_given__overrides_that_of_the_class() -> None:
    assert errors.ChainError("no answer", exit_code=ExitCode.TIMEOUT).exit_code is ExitCode.TIMEOUT


def test_exit_codes__of_all_kinds__are_distinct_and_no_success() -> None:
    codes = [kind.default_exit_code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert ExitCode.OK not in codes


@pytest.mark.parametrize("kind", KINDS)
def test_module_docstring__names_every_kind(kind: type[ParleyError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")
