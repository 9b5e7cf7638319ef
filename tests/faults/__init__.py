"""The fault kit: faults as data, seeded schedules, and a proxy that commits them on the way to any HTTP server."""
