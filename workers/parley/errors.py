"""The root of every error that Parley raises on purpose, and the exit codes of its commands.

A leaf module: it imports nothing of the package, so that every layer may use it.

    ParleyError
    ├── ConfigError       a setting is missing, unknown or out of range
    ├── ChainError        the RPC endpoint, chain id, address or receipt is not what it must be
    │   └── ContractRevert    a contract refused the call
    ├── KeystoreError     a key cannot be read, decrypted or used
    ├── ContentError      stored or fetched bytes are missing, too many, too few or not what their CID says
    ├── TaskError         a task document or its code is invalid
    ├── NotFound          what was asked for does not exist
    ├── Conflict          something is already there, or in use by another process
    └── DeadlineExceeded  something did not happen in time

Layers subclass the fitting one. The command line prints `error: <message>` and `hint: <hint>`, without a traceback, and
exits with `exit_code`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit codes of `parley`; scripts may rely on them, numbers are never reused."""

    OK = 0
    """Done."""
    UNEXPECTED = 1
    """A fault of Parley itself: please report it, with the output of `--debug`."""
    USAGE = 2
    """The command line is wrong: unknown command, missing or malformed argument."""
    CONFIG = 3
    """A setting in the file, the environment or a flag is missing, unknown or out of range."""
    CHAIN = 4
    """The node cannot be reached, has the wrong chain id, or an address carries no or other code."""
    REVERT = 5
    """A contract refused the transaction; nothing was changed."""
    KEYSTORE = 6
    """A key is missing, its file is damaged or the password is wrong."""
    CONTENT = 7
    """Bytes could not be stored or fetched, or are not what their CID, root or size says."""
    TASK = 8
    """A task document, its code or its data is invalid."""
    NOT_FOUND = 9
    """The federation, round, operator or file that was named does not exist."""
    TIMEOUT = 10
    """What was waited for did not happen in time."""
    CONFLICT = 11
    """Already there or in use: a port, a lock held by another process, an existing file."""
    HUNG = 12
    """A worker gave no sign of life for `hang_seconds` and ended itself: start it again."""
    WRONG = 13
    """An audit found something that is not what it must be; its report names it, and who is responsible."""
    UNAVAILABLE = 14
    """An audit found nothing wrong, but content that it needs is gone."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C (128 + SIGINT)."""


class ParleyError(Exception):
    """An error that the user can act upon.

    Args:
        message: one line that says what is wrong, with the offending value and, where it helps, the expected one.
        hint: what to do about it; `None` if the message says it already.
        exit_code: overrides the exit code of the class.
    """

    default_exit_code: ClassVar[ExitCode] = ExitCode.UNEXPECTED

    def __init__(self, message: str, *, hint: str | None = None, exit_code: ExitCode | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = self.default_exit_code if exit_code is None else exit_code


class ConfigError(ParleyError):
    """A setting is missing, unknown or out of range."""

    default_exit_code = ExitCode.CONFIG


class ChainError(ParleyError):
    """The RPC endpoint, the chain id, an address or a receipt is not what it must be."""

    default_exit_code = ExitCode.CHAIN


class ContractRevert(ChainError):
    """A contract refused a call; the message carries the decoded custom error."""

    default_exit_code = ExitCode.REVERT


class KeystoreError(ParleyError):
    """A key cannot be read, decrypted or used."""

    default_exit_code = ExitCode.KEYSTORE


class ContentError(ParleyError):
    """Stored or fetched bytes are missing, too many, too few, or not what their CID says."""

    default_exit_code = ExitCode.CONTENT


class TaskError(ParleyError):
    """A task document, its code or its data is invalid."""

    default_exit_code = ExitCode.TASK


class NotFound(ParleyError):
    """What was asked for does not exist."""

    default_exit_code = ExitCode.NOT_FOUND


class DeadlineExceeded(ParleyError):
    """Something did not happen in time."""

    default_exit_code = ExitCode.TIMEOUT


class Conflict(ParleyError):
    """Something is already there, or in use by another process."""

    default_exit_code = ExitCode.CONFLICT
