"""Verifying topics into which strangers wrote as well."""

from pathlib import Path

import pytest

from services.verifying.places import NothingToVerify
from services.verifying.topics import on_kafka
from shared.log.open import open_log
from shared.log.port import Outgoing, checkpoints_topic, facts_topic
from shared.runtime.settings import SERVICES


async def test_what_strangers_wrote_without_a_position_is_passed_over(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    topics = [topic(service) for service in SERVICES for topic in (facts_topic, checkpoints_topic)]
    log = await open_log(url)
    await log.ensure(dict.fromkeys(topics, 1))
    for topic in topics:
        strange = [Outgoing(key=b"k", value=b"?", headers=headers) for headers in ({}, {"pos": b"seven"})]
        await log.writer().publish(topic, strange)
    await log.close()
    with pytest.raises(NothingToVerify, match="no heads are published"):
        await on_kafka(url)
