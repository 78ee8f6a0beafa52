"""The event store: one append-only log of facts per service, on SQLite or PostgreSQL.

Wiring, in a service's `wiring.py` (`events_url` is an SQLAlchemy URL: `sqlite:////data/intake/events.db` or
`postgresql+asyncpg://…`):

    from shared.store.handling import Command, handle
    from shared.store.migrate import upgrade
    from shared.store.open import open_store

    await upgrade(events_url, "intake")                    # once at start; on the platform the owner role has done it
    store = await open_store(events_url, "intake")         # clock=…, installation=… where a play drives the time

    receipt = await handle(store, Command(...))            # read, fold, decide, append: how every use case writes facts
    past = await store.read("system/6f0c…")                # past.events[i].fact, past.version, past.now
    events = await store.after(position, 500)              # the feed, in commit order; -1 for all
    store.installation, store.origin                       # "5a3e…", "5a3e….gatehouse.local/intake"

A service's own authoritative tables (people, endpoints, kept bodies) lie beside the events, made by its Alembic
revisions under `services/<service>/migrations/versions`. One way to write them, one way to read them:

    database = store.database
    await database.transact(lambda connection: connection.execute(insert(endpoint).values(id=…)))
    async with database.reading() as connection:           # one consistent snapshot, read only
        rows = (await connection.execute(select(endpoint))).all()

    await store.close()

`transact` runs a plain function with a synchronous `sqlalchemy.Connection` in one write transaction and returns what
it returns; on SQLite every write of a file goes through its one writer thread, on PostgreSQL through a pool.
"""
