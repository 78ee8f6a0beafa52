"""The batch of intakes, against the same rows validated and triaged and not stored."""

import json
import time
from collections import Counter
from uuid import uuid4

import httpx2

from tests.bench.bench import Bench
from tests.bench.figure import Figure, Sample, Samples, pairs
from tests.bench.serving import PREFIX

PATH = "/intake/v1/intakes:batch"
NDJSON = {"Content-Type": "application/x-ndjson"}


def rows(run: str, number: int) -> bytes:
    """So many rows, each a system that nobody knows."""
    lines = [
        {
            "key": f"{run}-{each}",
            "name": f"System {run} {each}",
            "owner": "operator",
            "answers": {"intended_use": "To sort what comes in, so that people see the urgent first."},
            "business_unit": "Retail",
            "product_area": "Cards",
        }
        for each in range(number)
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


async def against_not_storing(bench: Bench) -> Samples:
    ours, number = bench.gatehouse(), bench.size(1_000, 200, 20)
    headers = {**NDJSON, "Authorization": f"Bearer {ours.token}"}
    async with httpx2.AsyncClient(base_url=ours.url, headers=headers, timeout=120) as client:

        def sending(path: str) -> Sample:
            async def sample() -> float:
                content, began = rows(uuid4().hex, number), time.perf_counter()
                answer = await client.post(path, content=content)
                took = time.perf_counter() - began
                ended = Counter(json.loads(line)["status"] for line in answer.text.splitlines())
                assert ended == {201: number}, ended
                return number / took

            return sample

        return await pairs(bench.pairs, sending(PATH), sending(PREFIX + PATH))


FIGURES = [
    Figure(
        name="batch",
        what="`POST /intake/v1/intakes:batch`, 1,000 rows a request, SQLite with full sync",
        against="the same rows validated and triaged, not stored",
        unit="rows/s",
        floor=0.5,
        aim=0.8,
        measure=against_not_storing,
    )
]
