"""Tests of the chaos run: its schedule, its verifiers, and a short run."""
