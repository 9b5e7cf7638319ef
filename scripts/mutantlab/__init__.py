"""Puts known bugs back into the contracts and asks whether the tests notice; behind `scripts/mutants.py`."""
