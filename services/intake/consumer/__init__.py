"""What intake makes of records of the log: tables of its own, and commands."""
