"""Why a store did not do what it was asked; `port` names them again for those who use a store."""


class VersionConflict(Exception):
    """A stream was appended to since it was read."""


class KeyReused(Exception):
    """The key was used before for another request."""


class EventTooLarge(Exception):
    """An event's bytes exceed `shared.events.envelope.MAX_BYTES`."""


class StoreUnavailable(Exception):
    """The store can't take this now (lock timeout, connection lost); whether it did is unknown: retry with the key."""


class StoreHeld(StoreUnavailable):
    """Nothing is appended before the witnesses were asked whether this is the newest copy; soon, so try again."""


class StoreFrozen(StoreUnavailable):
    """The log is not the one that a witness remembers: nothing is appended until the newest copy is back."""


class EventExists(Exception):
    """An event with this id is stored already, and no key says that this append is its repeat."""


class PartitionKeyMoved(Exception):
    """The append names another partition key than the stream has always had (DESIGN 1)."""


class WrongInstallation(Exception):
    """The store was born with another installation id, service or domain than it was opened with."""


class StoreFull(Exception):
    """There is no room for more; nothing of the append was kept."""
