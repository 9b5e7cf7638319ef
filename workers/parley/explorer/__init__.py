"""What people see of a federation: an index of the chain, an API and a page over it, exports for block explorers."""

DEFAULT_PORT = 8600
