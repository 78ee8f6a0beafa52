"""The use cases of intake: read a stream, fold it, decide, append at the version read."""
