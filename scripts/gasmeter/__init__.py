"""Measures the gas of whole transactions on a chain of its own; behind `scripts/gas.py`."""
