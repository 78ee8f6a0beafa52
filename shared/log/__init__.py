"""The event log and everything that walks it: relay, projector, commander, starter, signer.

Wiring (`log_url` is `kafka://host:port` or `sqlite:////data/log.db`):

    from shared.log.commander import Commander
    from shared.log.open import open_log
    from shared.log.port import Record, facts_topic
    from shared.log.projection import Projection
    from shared.log.projector import Projector
    from shared.log.relay import Relay
    from shared.log.signer import Signer
    from shared.log.starter import Start, Starter, WorkflowStarts
    from shared.log.views import open_views
    from shared.log.witnessing import Witnessing

    log = await open_log(log_url)                           # Log: .writer(), .reader(), .ensure(topics), .close()
    await log.ensure({facts_topic("intake"): 6})            # makes topics that are missing; never changes one
    relay = Relay(store, log.writer())                      # role relay; .caught_up(position), .status()
    signer = Signer(store, log.writer(), TileStore(folder), [signing_key], [Witnessing(witness.add_checkpoint, key)])

    metadata = MetaData(schema="view")                      # derived tables: always in schema "view"
    portfolio = Table("portfolio", metadata, Column("system_id", String, primary_key=True), …)

    def apply(connection: Connection, record: Record) -> None:   # pure: record.fact, record.envelope; no clock, no I/O
        match record.fact:
            case SystemRegistered() as fact:
                connection.execute(insert(portfolio).values(system_id=fact.system_id, …))

    projection = Projection(name="intake", topics=[facts_topic("intake")], metadata=metadata, version="1", apply=apply)
    views = await open_views(views_url, projection)
    async with views.reading() as connection:               # the live slot, one consistent state
        rows = (await connection.execute(select(portfolio))).all()
    projector = Projector(log.reader(), views)              # role consumer; .run(), .caught_up(ends), .lag()
    async with views.reading() as connection: missing = await views.missing(connection)   # facts set aside
    await projector.release(key)                            # parked records of one key are tried again
    report = await projector.rebuild()                      # from offset zero, aside; .events, .seconds, .same

    async def issue(record: Record) -> None: ...            # calls a handler with the source event's id as the key
    commander = Commander(log.reader(), store.database, name="review", topics=[facts_topic("intake")], issue=issue)

    def due(record: Record) -> Sequence[Start]: ...         # pure: Start(workflow_id=…, kind=…, event_id=…)
    starts = WorkflowStarts(log.reader(), store.database, name="review", topics=[facts_topic("review")], due=due)
    starter = Starter(store.database, start, service="review")   # async start(Start): "already started" is success

The names of projections and commanders are Kafka groups: each is used once on the whole platform. `at_once=1` makes a
commander keep the log's order across keys, which a seeded play needs.

Relay, Signer, Projector, Commander, WorkflowStarts and Starter have `name` and `run()`, which works until cancelled and
never ends on a fault of an engine: it waits and goes on. It ends only where going on would do harm.
"""
