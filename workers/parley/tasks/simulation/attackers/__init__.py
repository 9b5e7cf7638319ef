"""Trainers and evaluators that want more than their due, or a worse model: a class of a few lines each.

| module | what |
|---|---|
| `idle` | nothing, what others did, or what the aggregate was |
| `sealed` | training on validation data: opened shards, or a shard whose key leaked |
| `opposed` | updates that cancel out and make each other look indispensable |
| `scaled` | one's update larger, turned round, or averaged over many trainings |
| `sybils` | one data set under several identities |
| `poison` | false labels and backdoors |
| `hidden` | shifts that hide inside the spread of honest updates |
| `votes` | evaluators |

They see what a `Sight` or a `Sitting` holds, which is what the protocol shows at that moment, and what they own.
Attackers of one coalition share what they own by being given it, and agree by computing the same from it.
"""
