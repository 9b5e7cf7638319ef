"""Tests of what shows a federation to people."""
