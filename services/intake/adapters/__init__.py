"""One file per outside system that intake speaks with."""
