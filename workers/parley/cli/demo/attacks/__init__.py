"""`parley demo --attack NAME`: what an attacker does, what it may earn at most, and what it earned.

| module | what |
|---|---|
| `registry` | the attacks by name: who plays, and the bound that docs/threat-model.md states |
| `updates` | trainers that submit something else than they trained |
| `scores` | evaluators that score something else than they measured |
| `settlements` | aggregators that post something else than they computed |
| `absences` | roles that fall silent |
| `behaviours` | from the name of a part to the role that plays it |
| `verdict` | what the attackers earned, against honest play and against the bound |
| `table` | the verdict, for people and for programs |

An attacker is an honest worker of `parley.roles` that does one thing otherwise: it runs as a process of its own with a
key of its own (`parley.cli.demo.attackers`), and reaches nothing that an outsider could not reach.
"""
