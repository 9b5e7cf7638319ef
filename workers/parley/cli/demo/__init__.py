"""`parley demo`: a whole federation at work on a chain of its own, each worker a process with its own key.

| module | what |
|---|---|
| `plan` | who takes part, and where everything lies |
| `stage` | from nothing to a funded federation that everybody has joined |
| `processes` | the workers' processes: started, watched, ended |
| `attacks` | who may join to cheat, how, and what it may earn |
| `attackers` | an attacker's process |
| `board` | the live table |
| `baselines` | what a trainer reaches alone, and all data in one place |
| `audit` | claims, and the books checked to the wei |
| `run` | all of it in order |
"""
