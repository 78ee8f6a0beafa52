"""The facts of monitoring. None is recorded yet: the service so far consumes the log and answers for its health."""
