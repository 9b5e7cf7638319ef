"""What hostile or mistaken input to the arithmetic raises.

    ParleyError
    ├── TaskError
    │   └── QuantisationError   a real number that the wire format cannot hold
    └── ContentError
        ├── WireError           bytes of a peer that are not what they claim to be
        ├── UpdateMismatch      an update whose words do not hash to the root that was revealed
        ├── MissingUpdate       an included update whose words are not there
        └── WitnessInvalid      a witness that is not the value of its rank

Arguments of a wrong shape or dtype are mistakes of the caller and raise `ValueError`.
"""

from __future__ import annotations

from parley.errors import ContentError, TaskError


class QuantisationError(TaskError):
    """A real number is not finite, or beyond what the federation's fixed point or clip can hold (P-2)."""


class WireError(ContentError):
    """Bytes of a vector have a wrong length, dirty padding or a value beyond its bounds (P-2, P-4)."""


class UpdateMismatch(ContentError):
    """An update's words do not hash to the root that its trainer revealed (P-5)."""


class WitnessInvalid(ContentError):
    """A witness is not the value of its rank in the row, so that nothing is shown (P-15)."""


class MissingUpdate(ContentError):
    """An update that the medians include is needed, but its words were not given (P-23).

    Args:
        index: the reveal index of the update.
    """

    def __init__(self, index: int) -> None:
        super().__init__(
            f"update {index} is included by the medians, but its words are missing",
            hint="fetch it again, from another peer or by its CID",
        )
        self.index = index
