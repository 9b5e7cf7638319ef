"""The audit of federations."""
