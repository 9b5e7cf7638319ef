"""Hostile inputs by what they are for: tables of a name and a function that makes the bytes."""
