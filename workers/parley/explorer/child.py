"""The process that measures models, as seen from the page's: asked one thing at a time, and ended at any time."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time

from pydantic import ValidationError

from parley.children import ONE_THREAD, die_with_parent
from parley.errors import ParleyError
from parley.explorer.measuring import Job, Outcome

JOB_SECONDS = 180.0
"""What one measurement may take, loading torch included."""

MAX_ANSWER = 1 << 16


class MeasuringFailed(ParleyError):
    """The process that measures ended, or took too long."""


class Child:
    """The process that measures: started when there is something to measure, and anew after it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.stopped = False

    def ask(self, job: Job, seconds: float = JOB_SECONDS) -> Outcome:
        """Let it measure.

        Raises:
            MeasuringFailed: it ended, took too long, or answered something else.
        """
        process = self._running()
        try:
            os.write(process.stdin.fileno(), job.model_dump_json().encode() + b"\n")  # type: ignore[union-attr] # a pipe
            return Outcome.model_validate_json(self._line(process, time.monotonic() + seconds))
        except (OSError, ValidationError) as error:
            self.kill()
            raise MeasuringFailed(f"the process that measures models failed: {error!r:.200}") from error
        except MeasuringFailed:
            self.kill()
            raise

    def stop(self) -> None:
        """End it while another thread may be asking, which is then told that it ended."""
        self.stopped = True
        process = self._process
        if process is not None:
            process.kill()

    def kill(self) -> None:
        """End it, and close what led to it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.kill()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "parley.explorer.measuring"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **ONE_THREAD},
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one call to prctl, no locks taken
            )
        return self._process

    @staticmethod
    def _line(process: subprocess.Popen[bytes], until: float) -> bytes:
        """One line of its answer."""
        pipe = process.stdout.fileno()  # type: ignore[union-attr] # a pipe
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise MeasuringFailed("measuring the model took too long")
            piece = os.read(pipe, MAX_ANSWER)
            if not piece or len(line) > MAX_ANSWER:
                raise MeasuringFailed("the process that measures models ended")
            line += piece
        return line
