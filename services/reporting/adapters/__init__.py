"""What reporting reaches outside of its own tables: the services' transparency logs."""
