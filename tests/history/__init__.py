"""Tests of `parley.history`."""
