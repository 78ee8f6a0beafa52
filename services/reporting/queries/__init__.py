"""Rows out: what the pages and the API show, read from the derived tables within what the reader may see."""
