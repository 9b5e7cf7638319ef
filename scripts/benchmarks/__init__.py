"""The parts of `scripts/bench.py`: what each measures, beside what, and how."""
