"""A program that appends until it is killed and prints each acknowledgement, once it has it."""

import asyncio
import sys

from shared.store.open import open_store
from tests.contracts.store.appends import key, one


async def main(url: str, name: str) -> None:
    store = await open_store(url, "intake")

    async def client(number: int) -> None:
        stream = f"{name}/{number}"
        version = (await store.read(stream)).version
        while True:
            receipt = await store.append(one(stream, version, by=key(f"{stream}/{version + 1}")))
            version += 1
            sys.stdout.write(f"{stream} {version} {receipt.position}\n")
            sys.stdout.flush()

    await asyncio.gather(*(client(number) for number in range(8)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
