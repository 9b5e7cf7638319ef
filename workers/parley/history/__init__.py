"""What happened in a federation, told round by round from the chain's events alone: pure, no I/O.

The explorer's page, `parley explain` and the terminal show it; nothing here depends on who asks, or when.
"""
