"""What the policy's tests share."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.policy import bundle as bundle_room
from shared.policy.bundle import Bundle, load_bundle
from shared.policy.documents import read_document

DEFAULT = Path(bundle_room.__file__).parent / "default"


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The default bundle."""
    return load_bundle()


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """A copy of the default bundle in which one file was changed: `edited("tiers", change)`."""

    def make(name: str, change: Callable[[Any], None]) -> Path:
        folder = tmp_path / "bundle"
        shutil.copytree(DEFAULT, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"), dirs_exist_ok=True)
        content = read_document(folder / f"{name}.yaml")
        change(content)
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return folder

    return make
