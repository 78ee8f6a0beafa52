"""What every process of Gatehouse stands on: HTTP, identity, settings, telemetry and the way to Temporal.

Nothing is imported here, so that workflow modules may import `shared.runtime.timekeeping` again and again. A service's
`api.py`:

    from shared.runtime.asking import Acting, IdempotencyKey, IfMatch, Paging, Signed
    from shared.runtime.etags import etag
    from shared.runtime.principals import Place
    from shared.runtime.routing import Input, json_router

    class Submission(Input):  # pydantic, strict JSON: an unknown field is 422 `unknown-field` with its pointer
        name: str
        business_unit: str | None = None

    def router(intake: Intake) -> APIRouter:
        routes = json_router("/intake/v1", "intake")

        @routes.post("/intakes", status_code=201)
        async def submit(body: Submission, who: Signed, key: IdempotencyKey, acting: Acting) -> Accepted:
            who.require("requester", at=Place(business_unit=body.business_unit))  # 403, or 404 outside one's scope
            return accepted(await intake.submit(body.name, context=acting, key=key))  # store's `Context` and `Key`

        @routes.put("/intakes/{system_id}")
        async def amend(system_id: str, body: Submission, version: IfMatch, who: Signed, response: Response) -> ...: ...

        @routes.get("/intakes")
        async def intakes(who: Signed, page: Paging) -> Listing:  # page.limit, page.last(str), page.next(last_key)
            return await queries.intakes(reached(who.reach(), system=table.c.system_id), page)

and the process that serves it:

    settings = Settings.from_environment(os.environ)
    people = People(engine, keyring(settings.path("master_key_file"), LiveEntropy()), LiveEntropy())
    ways = sign_in(settings, people, ServiceKeys(engine), http)
    app = create_app(title="Gatehouse", routers=[router(intake)], lifespan=lifespan, authenticator=ways.authenticator,
                     settings=settings, readiness={"store": store_answers}, registry=registry)
    await server(app, settings.host, settings.port).main()

An endpoint that takes something else than a declared JSON body asks for `Request` and calls `read_json`, `read_body`
or `stream_body` (`shared.runtime.bodies`), and `key_of(request, who, asked)` for its key.

The domain's `Refused` becomes problem details everywhere; nothing else is needed for errors. Closures with these
dependencies must not be in a module with `from __future__ import annotations`: FastAPI could not resolve them.
"""
