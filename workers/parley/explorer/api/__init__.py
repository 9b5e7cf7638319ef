"""The JSON API of Parley's own page: read-only, under `/api`."""
