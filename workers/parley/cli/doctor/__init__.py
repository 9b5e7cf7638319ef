"""Examines a whole set-up and says what to do: settings, chain, contracts, key, money, store, disk, task.

| module | what |
|---|---|
| `examination` | runs checks, each by itself, and sums them up |
| `machine` | this machine: settings, home, journal, monitor, GPU |
| `network` | the chain: endpoints, contracts, clock |
| `standing` | the key, and what it may do and pay |
| `content` | stores, task document, code, data, seal |
| `checks` | all of them, in their order |

Nothing is sent, nothing is changed but a small object that each store is asked to take and to let go; no lock is held
for longer than a look, so that a worker may run meanwhile.
"""
