"""What is trained: the task protocol, built-in tasks, sealed validation shards, and the judging of updates.

| module | what | needs torch |
|---|---|---|
| `protocol` | what a task is | no |
| `dataset`, `codec`, `data_file` | checked samples, their one byte string, their files | no |
| `partition` | test, validation and training data; skewed parts for trainers | no |
| `shards` | hash chain and encryption of validation shards (P-24) | no |
| `document` | the task document whose CID is on chain | no |
| `judging` | scores of updates (section 6, P-25) | through the task |
| `loading` | from a document to a task | through the task |
| `torch_task`, `builtin` | tasks whose model is a torch module | when a task is made |
| `userland` | template and check of tasks of one's own | through the task |
| `simulate` | a federation in memory, without a chain | through the task |

Importing this package, or any module that says no above, imports neither torch nor scikit-learn: sponsors, aggregators
and watchers do without them.
"""
