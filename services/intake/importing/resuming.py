"""The mark of an unfinished run: with it, the same command goes on where the other one ended."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Run:
    """One import from its first line to its account. Every line's key holds the run's id: told again within the run
    it gets the first receipt, told in a later run it is compared with what is known then."""

    id: str
    resumed: bool
    mark: Path

    @classmethod
    def begin(cls, folder: Path, file: Path, mapping: str) -> Self:
        """A run of that content under that mapping: the unfinished one if there is one, wherever it was sent."""
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        name = hashlib.sha256(f"{content}\n{mapping}".encode()).hexdigest()[:32]
        mark = folder / f"{name}.json"
        if mark.exists():
            return cls(str(json.loads(mark.read_text())["run"]), resumed=True, mark=mark)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        run = cls(uuid4().hex[:16], resumed=False, mark=mark)
        draft = mark.with_suffix(".new")
        draft.write_text(json.dumps({"run": run.id, "file": file.name, "mapping": mapping}) + "\n")
        draft.replace(mark)
        return run

    def finish(self) -> None:
        """Every row is accounted for: the next import of the same file is a new run."""
        self.mark.unlink(missing_ok=True)
