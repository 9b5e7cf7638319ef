"""Tasks of one's own: a Python file that says what is trained, and a TOML beside it that says with which numbers.

| module | what | command |
|---|---|---|
| `settings` | reads the TOML, makes the task and its part of the document | |
| `starter` | a working pair of files to start from | `parley task new` |
| `checking` | runs one local round and says what is wrong | `parley task check` |
"""

from parley.tasks.userland.checking import Finding, Report, check
from parley.tasks.userland.settings import OwnTask, TaskSettings, own_task, read_settings
from parley.tasks.userland.starter import template

__all__ = ["Finding", "OwnTask", "Report", "TaskSettings", "check", "own_task", "read_settings", "template"]
