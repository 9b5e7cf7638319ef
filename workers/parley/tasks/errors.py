"""What a bad task, bad data or a hostile shard raises.

    ParleyError
    ├── TaskError
    │   ├── DocumentError       a task document or its settings that cannot be used
    │   ├── DataError           samples of a wrong shape or type, not finite, or with an unknown label
    │   └── TaskCodeError       an operator's own task file, or what it defines
    └── ContentError
        └── ShardError          a validation shard that does not open (P-24)

Arguments of a wrong shape or dtype that only the package itself passes raise `ValueError`.
"""

from __future__ import annotations

from parley.errors import ContentError, TaskError


class DocumentError(TaskError):
    """A task document or the settings it is made from are not valid, or not the ones that were agreed on."""


class DataError(TaskError):
    """Samples are not what the data schema says: wrong shape, not finite, out of bounds, an unknown label."""


class TaskCodeError(TaskError):
    """An operator's own task file is missing, is not the one agreed on, or does not define a usable task."""


class ShardError(ContentError):
    """A validation shard has a wrong length, was not encrypted under this key, or does not hold samples (P-24)."""
