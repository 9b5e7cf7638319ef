"""Tests of the chain layer."""
