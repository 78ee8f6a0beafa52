"""What review makes of records: rows of its own topic, commands and workflow starts because of others'."""
