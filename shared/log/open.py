"""Opens the event log by its URL: `kafka://host:port[,host:port…]` or `sqlite:////folder/log.db`."""

from sqlalchemy import make_url

from shared.log.port import Log
from shared.log.sql import SqlLog
from shared.store.open import sqlite_path


async def open_log(url: str, *, copies: int = 1) -> Log:
    """The log at `url`; `copies` is how many brokers keep a record of a topic that `ensure` makes."""
    scheme, _, rest = url.partition("://")
    if scheme == "kafka":
        from shared.log.kafka import KafkaLog

        return KafkaLog(rest.rstrip("/"), copies=copies)
    log = SqlLog(sqlite_path(make_url(url)))
    await log.open()
    return log
