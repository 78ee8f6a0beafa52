"""The five KPIs for a day that is past, with nothing kept from an earlier question."""

import time

from services.bench.lives import BEGIN, SPAN
from services.bench.loading import service_of, site
from services.reporting.queries.kpis import Asking, report
from services.reporting.queries.reading import EVERYTHING
from tests.bench.bench import Bench
from tests.bench.figure import Figure, Samples

ANSWERS = 9


async def cold(bench: Bench) -> Samples:
    async with site(await bench.portfolio()) as process:
        views, taken = service_of(process, "reporting").views, []
        for number in range(ANSWERS):
            began = time.perf_counter()
            async with views.reading() as connection:
                found = await report(connection, EVERYTHING, Asking(as_of=BEGIN + SPAN / 2), process.parts.bundle.kpis)
            if number:  # the first compiles the statements
                taken.append((time.perf_counter() - began) * 1000)
            assert found.answers[0].overall.main.numerator
    return Samples(ours=taken)


FIGURES = [
    Figure(
        name="kpis",
        what="five KPIs over 200,000 facts, cold, for a past date",
        unit="ms",
        floor=100,
        aim=30,
        more=False,
        measure=cold,
    )
]
