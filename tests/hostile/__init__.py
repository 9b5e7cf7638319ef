"""Content made to harm whoever reads it."""
