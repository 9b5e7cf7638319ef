"""Whether bytes that a peer served are a fit update: exact size, root, clip and padding (section 6, P-2, P-4, P-5)."""

from __future__ import annotations

from parley.numerics import word_tree
from parley.numerics.errors import UpdateMismatch
from parley.numerics.fixed_point import Quantised, decode


def fit_update(data: bytes, *, params: int, clip: int, root: bytes) -> Quantised:
    """The update in the bytes, if it is fit.

    Args:
        data: what the store served.
        params: number of parameters P.
        clip: the largest |q| of the round's policy.
        root: the 32-byte word root that was revealed.

    Returns:
        q, int32 of shape (P,).

    Raises:
        WireError: a wrong length, dirty padding, or a parameter beyond the clip.
        UpdateMismatch: the bytes do not hash to the root.
    """
    q = decode(data, params, clip)
    found = word_tree.root(data)
    if found != root:
        raise UpdateMismatch(f"the update hashes to 0x{found.hex()}, not to its revealed root 0x{root.hex()}")
    return q
