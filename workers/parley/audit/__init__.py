"""The audit of a federation: everything is derived again from chain and content store, trusting nobody.

| module | what |
|---|---|
| `checks` | every check by its name |
| `findings` | comparisons, findings, who is responsible |
| `story` | what events and calldata tell of a federation, and the state at the last block |
| `gather`, `witness`, `kept` | reading it: blocks prove their events, what was proven is remembered |
| `replay` and `on_*` | the chain's part: the contracts' rules, event by event; pure |
| `rounds`, `content`, `rescored` | a round's part that needs content: updates, models, rows, scores |
| `work`, `journal` | rounds in several processes, resumed after an interruption |
| `report`, `page`, `verify` | the signed report, for programs and for people, and its re-check |
| `run` | all of it |
"""
