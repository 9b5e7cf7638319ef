"""How every kernel is compiled: by numba, without the interpreter lock, cached on disk, on one thread.

Kernels are compiled when they are first called, never on import. They do no checks of their own: the public functions
that call them do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

P = ParamSpec("P")
R = TypeVar("R")
Scalar = TypeVar("Scalar", bound=np.generic)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` on its first call; the result is cached beside the source."""
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True)(function))


def parallel_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Like `kernel`, with `numba.prange` loops spread over `numba.get_num_threads()` threads."""
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True, parallel=True)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` into each kernel that calls it, so that the loop around it can be vectorised."""
    return cast(Callable[P, R], numba.njit(inline="always")(function))


def frozen(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """A read-only view: numba compiles a kernel once for it, whether or not the caller's array is writeable."""
    view = array.view()
    view.setflags(write=False)
    return view
