"""A program that projects until it is killed, slowly, and tells of each batch that it has begun."""

import asyncio
import sys

from sqlalchemy import Connection

from shared.log.open import open_log
from shared.log.port import Record
from shared.log.projector import Projector
from shared.log.views import open_views
from tests.contracts.log.portfolio import Folds, portfolio


async def main(views_url: str, log_url: str, topic: str) -> None:
    folds = Folds()

    def telling(connection: Connection, record: Record) -> None:
        folds(connection, record)
        if len(folds.seen) % 100 == 0:
            sys.stdout.write(f"{len(folds.seen)}\n")
            sys.stdout.flush()

    log = await open_log(log_url)
    views = await open_views(views_url, portfolio([topic], telling))
    await Projector(log.reader(), views).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
