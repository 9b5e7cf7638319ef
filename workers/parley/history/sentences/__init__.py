"""What happened, in plain sentences, each of which ends in something that one can check: pure, no I/O.

| module | tells |
|---|---|
| `model` | what a sentence and a check are |
| `words` | numbers, names and lists in English |
| `rounds` | what happened in a round |
| `updates` | why an update was included, left out or paid nothing |
| `judged` | on which samples an update did good and harm, from a judgement made again |
| `rewards` | why somebody earned what it did |
| `settlements` | why a settlement fell |
| `lineage` | where a model comes from |
"""

from parley.history.sentences.model import Check, Kind, Sentence
from parley.history.sentences.updates import update_reason
from parley.history.sentences.words import Names

__all__ = ["Check", "Kind", "Names", "Sentence", "update_reason"]
