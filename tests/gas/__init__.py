"""Gas, exact: the committed snapshot and the test that compares it."""
