"""What the commands do: typed functions that know no terminal and no command line.

They take settings, chain, store and keys as arguments, return facts (dataclasses or dicts), raise `ParleyError`, and
report the steps of long work through a `Say`. The demo and the tests call them as the commands do.
"""
