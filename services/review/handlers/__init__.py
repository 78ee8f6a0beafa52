"""The use cases of review: read a stream, fold it, decide, append at the version read."""
