"""The parts of a federation in memory (`parley.tasks.simulate`).

| module | what |
|---|---|
| `config` | size and settings |
| `participants` | what a trainer can see, the honest one, and one that sends noise |
| `panel` | what an evaluator can see, the honest one, and one that scores as if nobody cheated |
| `federation` | rounds: training, scoring, settlement |
| `attackers` | trainers and evaluators that want more than their due, or a worse model |
"""
