"""From an exception to two lines on standard error and an exit code; secrets stand in neither (P-21)."""

from __future__ import annotations

import errno
import sys
import traceback
from contextlib import suppress

from parley.errors import ExitCode, ParleyError
from parley.redaction import REDACTOR
from parley.text import printable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def report(error: BaseException, *, debug: bool) -> ExitCode:
    """Print what went wrong and what to do; return the exit code.

    Args:
        error: whatever ended the command.
        debug: print the traceback as well.
    """
    if debug and not isinstance(error, KeyboardInterrupt):
        sys.stderr.write(REDACTOR.clean("".join(traceback.format_exception(error))))
    message, hint, code = explain(error)
    say("error", message)
    if hint:
        say("hint", hint)
    return code


def explain(error: BaseException) -> tuple[str, str | None, ExitCode]:
    """Return the message, the hint and the exit code of an exception."""
    if isinstance(error, ParleyError):
        return error.message, error.hint, error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return "stopped by Ctrl-C", None, ExitCode.INTERRUPTED
    if isinstance(error, OSError) and error.errno is not None:
        return _explain_os(error)
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return what, "this is a fault of Parley: please report it with the output of --debug", ExitCode.UNEXPECTED


def say(label: str, message: str) -> None:
    """Print one labelled line to standard error; what a stranger wrote in it moves no cursor and breaks no line.

    A standard error that nobody reads any more is no further error.
    """
    line = REDACTOR.clean(printable(message))
    with suppress(BrokenPipeError):
        print(f"{label}: {line}", file=sys.stderr, flush=True)  # noqa: T201


def _explain_os(error: OSError) -> tuple[str, str | None, ExitCode]:
    """What the operating system refused, and what to do about it."""
    where = f" {error.filename}" if error.filename else ""
    reason = (error.strerror or str(error)).lower()
    if error.errno in _FULL:
        return f"no space left for{where or ' the output'}: {reason}", "free some space and repeat", ExitCode.CONTENT
    if error.errno == errno.EADDRINUSE:
        return f"the address is in use{where}: {reason}", "choose another port", ExitCode.CONFLICT
    if isinstance(error, FileNotFoundError):
        return f"there is no{where or ' such file'}", "check the path", ExitCode.NOT_FOUND
    if isinstance(error, FileExistsError):
        return f"{error.filename} is there already", "choose another path, or remove it", ExitCode.CONFLICT
    return f"cannot use{where}: {reason}", "check the path and who may read and write there", ExitCode.CONFIG
