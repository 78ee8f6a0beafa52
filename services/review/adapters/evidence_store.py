"""Evidence by its content: a file in a folder, named by the SHA-256 of its bytes and never changed."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Final

from shared.refusals import Refused

CHUNK: Final = 1024 * 1024


class EvidenceStore:
    """The store in one folder; processes may share it, since equal names have equal content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, content: AsyncIterator[bytes], digest: str) -> int:
        """Keep a content durably, if it has the stated SHA-256 (hex); returns its size in bytes.

        Raises `Refused("evidence-digest-mismatch")`, and `storage-full` where there is no room; then nothing is kept.
        """
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        partly = await asyncio.to_thread(self._new_file)
        try:
            size, found = await _copy(content, partly)
            if found != digest:
                raise Refused("evidence-digest-mismatch", f"the content's SHA-256 is {found}, not {digest}")
            await asyncio.to_thread(self._settle, partly, digest)
        except OSError as error:
            raise Refused("storage-full", "the evidence could not be kept") from error
        finally:
            partly.close()
            await asyncio.to_thread(Path(partly.name).unlink, missing_ok=True)
        return size

    def path(self, digest: str) -> Path:
        """The file with that content; raises `Refused("not-found")` if it is not here."""
        path = self._place(digest)
        if not path.is_file():
            raise Refused("not-found", "the content is not here")
        return path

    def _new_file(self) -> IO[bytes]:
        return tempfile.NamedTemporaryFile(dir=self._folder, prefix=".part-", delete=False)

    def _settle(self, partly: IO[bytes], digest: str) -> None:
        partly.flush()
        os.fsync(partly.fileno())
        place = self._place(digest)
        place.parent.mkdir(parents=True, exist_ok=True)
        Path(partly.name).replace(place)
        # The name must outlive a crash too: a file whose folder was not synced may be gone after it.
        for folder in (place.parent, self._folder):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _place(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


async def _copy(content: AsyncIterator[bytes], into: IO[bytes]) -> tuple[int, str]:
    size, hashed, waiting = 0, hashlib.sha256(), bytearray()
    async for chunk in content:
        size += len(chunk)
        hashed.update(chunk)
        waiting += chunk
        if len(waiting) >= CHUNK:
            await asyncio.to_thread(into.write, bytes(waiting))
            waiting.clear()
    await asyncio.to_thread(into.write, bytes(waiting))
    return size, hashed.hexdigest()
