"""`parley watch`: a federation as it goes on.

| module | what |
|---|---|
| `scene` | all that is shown at one moment: pure data |
| `screen`, `tables` | the scene as a screen |
| `changes` | what is new since the last scene, a line each |
| `follow` | reads scene after scene, and goes on when the node goes away |
| `command` | the command |
"""
