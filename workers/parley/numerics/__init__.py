"""The arithmetic of the protocol: pure functions over integers and bytes, no I/O, no clock, no randomness.

Everything here can be recomputed by anybody from committed data, and agrees bit for bit with `contracts/libraries`,
name by name where both exist.

| module | what | mirrors |
|---|---|---|
| `keccak` | Keccak-256, one message or eight side by side | |
| `fixed_point` | reals to 32-bit fixed point and to words (P-1, P-2, P-4) | `WordMath` |
| `word_tree` | Merkle trees of fixed depth over words (P-3) | `WordTree` |
| `rows` | the row tree, which shows every word of a settlement (section 7) | `WordTree` |
| `rules` | the aggregation rules and the server momentum (P-6) | `WordMath` |
| `scoring` | score vectors, medians, norms, qualities, shares (P-11, P-12, P-25, P-26) | `Scoring` |
| `rewards` | the tree of cumulative rewards (P-12) | `WordTree` |
| `settlement` | all of it as one function of a round's committed data | |
| `row_checks` | what is wrong with one row, with witnesses (P-15) | `Disproof` |
| `reward_disproof` | what is wrong with a posted reward tree (P-12) | |
| `faults` | the calls that convict, with their arguments | `IDisputes` |
| `disproof` | the first cheapest of them for a posted settlement | |
| `descent` | the way down a posted tree by demands (P-22) | |

Modules named with a leading underscore hold kernels compiled by numba; they are imported on first use and cached on
disk, so that importing this package costs nothing.
"""
