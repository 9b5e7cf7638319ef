"""The parts of `scripts/incentives.py`: who attacks, what it earns, and how that is shown."""
