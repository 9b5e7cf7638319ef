"""What people see of a federation: its own page, and exports for block explorers."""
