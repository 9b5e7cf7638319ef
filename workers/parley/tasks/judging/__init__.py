"""The default scoring of updates, step by step as section 6 of the protocol has it; every step is a pure function.

| module | what |
|---|---|
| `halves` | the half of the shard that an evaluator scores on |
| `marginals` | what an update is worth: leave-one-out and add-one-in, in loss and in standard errors |
| `replays` | what of an update was there before |
| `verdicts` | from these to scores |
| `comparisons` | the losses of all models that are compared, each taken once |
| `judge` | all of it, from fit updates to a score vector with norm and scales (P-25) |
"""

from parley.tasks.judging.judge import Judgement, Prepared, judge, judge_panel, prepare

__all__ = ["Judgement", "Prepared", "judge", "judge_panel", "prepare"]
