"""The index: what happened on a chain, in one SQLite file that can be thrown away."""
