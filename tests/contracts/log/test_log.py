"""What the log promises to those who publish and to those who read."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from shared.log.port import Log, LogReader, LogUnavailable, LogWriter, Outgoing, Partition
from tests.contracts.log.conftest import PARTITIONS
from tests.contracts.log.records import by_key, from_zero, plain, read, replayed

KEYS = [f"key-{number}" for number in range(10)]
MANY = [plain(KEYS[number % 10], f"{number}", number) for number in range(1_200)]
STRANGE: tuple[dict[str, bytes], ...] = ({}, {"pos": b"-1"}, {"pos": b"seven"})


async def test_what_is_published_is_read_byte_for_byte(writer: LogWriter, reader: LogReader, topic: str) -> None:
    sent = plain("key", "ä\x00\n")
    sent = type(sent)(key=b"\xff\x00k", value=b"\x00\xff", headers={"pos": b"7", "raw": b"\xff\x00\xe4"})
    await writer.publish(topic, [sent])
    [record] = await read(reader, "g", [topic], 1)
    assert (record.key, record.value, dict(record.headers)) == (sent.key, sent.value, dict(sent.headers))
    assert (record.partition.topic, record.offset, record.position) == (topic, 0, 7)


async def test_records_of_one_key_keep_their_order_and_their_partition(
    writer: LogWriter, reader: LogReader, topic: str
) -> None:
    for start in range(0, len(MANY), 400):
        await writer.publish(topic, MANY[start : start + 400])
    records = await read(reader, "g", [topic], len(MANY))
    assert len(records) == len(MANY)
    assert by_key(records) == {
        key.encode(): [b"%d" % number for number in range(index, 1_200, 10)] for index, key in enumerate(KEYS)
    }
    assert all(len({record.partition for record in records if record.key == key.encode()}) == 1 for key in KEYS)


async def test_offsets_begin_at_zero_and_are_dense(writer: LogWriter, reader: LogReader, topic: str) -> None:
    await writer.publish(topic, MANY)
    offsets: dict[Partition, list[int]] = {}
    for record in await read(reader, "g", [topic], len(MANY)):
        offsets.setdefault(record.partition, []).append(record.offset)
    assert offsets == {partition: list(range(end)) for partition, end in (await reader.ends([topic])).items() if end}


async def test_ends_of_an_empty_topic_are_zero(reader: LogReader, topic: str) -> None:
    ends = await reader.ends([topic])
    assert set(ends.values()) == {0}
    assert len(ends) in (1, PARTITIONS)


async def test_everything_can_be_replayed_from_zero(writer: LogWriter, reader: LogReader, topic: str) -> None:
    await writer.publish(topic, MANY)
    until = await reader.ends([topic])
    await writer.publish(topic, [plain("key-0", "later", 1_200)])
    records = await replayed(reader, topic, until=until)
    assert sorted(int(record.value) for record in records) == list(range(1_200))
    assert by_key(records)[b"key-3"] == [b"%d" % number for number in range(3, 1_200, 10)]


async def test_a_replay_can_begin_in_the_middle_and_of_nothing_is_empty(
    writer: LogWriter, reader: LogReader, topic: str
) -> None:
    assert await replayed(reader, topic) == []
    await writer.publish(topic, MANY)
    ends = await reader.ends([topic])
    half = {partition: end // 2 for partition, end in ends.items()}
    records = await replayed(reader, topic, until=ends, since=half)
    assert len(records) == sum(ends[partition] - half[partition] for partition in ends)
    assert all(record.offset >= half[record.partition] for record in records)
    assert await replayed(reader, topic, until=ends, since=ends) == []


async def test_two_groups_are_each_given_everything(log: Log, writer: LogWriter, topic: str) -> None:
    await writer.publish(topic, MANY[:100])
    groups = await asyncio.gather(*(read(log.reader(), group, [topic], 100) for group in ("one", "two")))
    assert [sorted(int(record.value) for record in records) for records in groups] == [list(range(100))] * 2


async def test_a_reader_begins_where_it_says_and_the_log_remembers_nothing(
    writer: LogWriter, reader: LogReader, topic: str
) -> None:
    await writer.publish(topic, MANY[:200])
    first = await read(reader, "g", [topic], 200)
    again = await read(reader, "g", [topic], 200)
    assert by_key(again) == by_key(first)
    ends = await reader.ends([topic])
    seen: list[Sequence[Partition]] = []

    async def at_three(partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        seen.append(partitions)
        return {partition: min(3, ends[partition]) for partition in partitions}

    expected = sum(max(0, end - 3) for end in ends.values())
    later = await read(reader, "g", [topic], expected, at_three)
    assert len(later) == expected
    assert min(record.offset for record in later) == 3
    assert sorted(seen[-1]) == sorted(ends)


async def test_a_reader_is_told_that_there_is_nothing_and_then_given_what_comes(
    writer: LogWriter, reader: LogReader, topic: str
) -> None:
    batches = reader.batches("g", [topic], from_zero)
    async with asyncio.timeout(30):
        assert await anext(batches) == []
        await writer.publish(topic, MANY[:1])
        async for records in batches:
            if records:
                break
    assert records[0].value == b"0"
    await batches.aclose()


async def test_the_last_position_is_that_of_the_newest_record(writer: LogWriter, topic: str) -> None:
    assert set((await writer.ends(topic)).values()) == {-1}
    told = await writer.publish(topic, MANY[:37])
    assert told == {number: end for number, end in (await writer.ends(topic)).items() if end >= 0}
    assert max(told.values()) == 36


async def test_what_strangers_wrote_last_hides_no_position(writer: LogWriter, topic: str) -> None:
    strange = [Outgoing(key=str(key).encode(), value=b"?", headers=headers) for key in range(9) for headers in STRANGE]
    await writer.publish(topic, strange)
    assert set((await writer.ends(topic)).values()) == {-1}
    await writer.publish(topic, [*MANY[:37], *strange])
    assert max((await writer.ends(topic)).values()) == 36


async def test_a_record_can_be_looked_up_by_its_offset(writer: LogWriter, reader: LogReader, topic: str) -> None:
    await writer.publish(topic, MANY)
    all_records = {(record.partition, record.offset): record for record in await replayed(reader, topic)}
    ends = await reader.ends([topic])
    last = {partition: end - 1 for partition, end in ends.items() if end}
    found = await reader.at(last)
    assert {p: record.value for p, record in found.items()} == {p: all_records[p, o].value for p, o in last.items()}
    assert await reader.at(dict.fromkeys(ends, 10_000)) == {}
    assert await reader.at({}) == {}


async def test_several_topics_are_read_together(log: Log, writer: LogWriter, topic: str) -> None:
    other = f"{topic}-other"
    await log.ensure({other: 1})
    await writer.publish(topic, MANY[:10])
    await writer.publish(other, MANY[10:20])
    records = await read(log.reader(), "g", [topic, other], 20)
    assert sorted(int(record.value) for record in records) == list(range(20))
    assert {record.partition.topic for record in records} == {topic, other}


async def test_a_topic_is_made_once_and_left_as_it_is(log: Log, writer: LogWriter, topic: str) -> None:
    await writer.publish(topic, MANY[:10])
    await log.ensure({topic: PARTITIONS})
    assert max((await writer.ends(topic)).values()) == 9


async def test_a_topic_that_is_not_there_is_refused(writer: LogWriter, reader: LogReader) -> None:
    async with asyncio.timeout(6):
        with pytest.raises(LogUnavailable):
            await writer.publish("mistyped", MANY[:1])
    with pytest.raises(LogUnavailable):
        await reader.ends(["mistyped"])


async def test_one_member_takes_over_what_another_leaves(log: Log, writer: LogWriter, topic: str) -> None:
    """Two members of a group, each saving what it read; the first leaves: nothing is lost, nothing skipped."""
    await writer.publish(topic, MANY[:600])
    saved: dict[Partition, int] = {}
    values: list[int] = []

    async def starts(partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        return {partition: saved.get(partition, 0) for partition in partitions}

    async def member(until: int) -> None:
        batches = log.reader().batches("g", [topic], starts)
        async for records in batches:
            for record in records:
                assert record.offset <= saved.get(record.partition, 0)  # never beyond what is due
                if record.offset == saved.get(record.partition, 0):
                    saved[record.partition] = record.offset + 1
                    values.append(int(record.value))
            if len(values) >= until:
                break
        await batches.aclose()

    async with asyncio.timeout(60):
        second = asyncio.create_task(member(1_200))
        await member(200)
        await writer.publish(topic, MANY[600:])
        await second
    assert sorted(values) == list(range(1_200))
