"""What can be wrong with a log: badly formed, not proven, not there, or not the log that was signed before."""


class Malformed(ValueError):
    """Bytes that are not what their format says they are."""


class Unproven(Exception):
    """A signature or a proof that does not hold."""


class Absent(LookupError):
    """A resource that the source does not have."""


class RolledBack(Exception):
    """The log is smaller than a head that was signed before: an old copy stands in its place."""


class Forked(Exception):
    """The log has another history than a head that was signed before."""
