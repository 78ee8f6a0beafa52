"""The starters keep their promises: what was written survives a kill, and nothing survives its starter."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from temporalio.client import Client

from deploy.local.kafka import KafkaServer
from deploy.local.postgres import PostgresServer
from deploy.local.process import Child, EngineFailed, EngineMissing, end_survivor, remember, running, wait_gone
from deploy.local.temporal import TemporalServer
from tests.engines import engine_folder, or_missing


@pytest.mark.postgres
async def test_postgres_keeps_what_was_committed_when_it_is_killed() -> None:
    with engine_folder("postgres") as folder, or_missing(lambda: PostgresServer(folder)) as server:
        server.run_sql("create table kept as select 42 as answer")
        server.kill()
        server.start()
        connection = await asyncpg.connect(server.url().replace("+asyncpg", ""))
        assert await connection.fetchval("select answer from kept") == 42
        await connection.close()


@pytest.mark.postgres
async def test_each_test_gets_an_empty_database_of_its_own(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    tables = await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'")
    await connection.close()
    assert tables == 0


@pytest.mark.postgres
def test_a_statement_that_postgres_refuses_raises_with_its_words(postgres_server: PostgresServer) -> None:
    with pytest.raises(EngineFailed, match="no_such_table"):
        postgres_server.run_sql("select * from no_such_table")


@pytest.mark.kafka
async def test_kafka_keeps_its_records_when_it_is_killed() -> None:
    with engine_folder("kafka") as folder, or_missing(lambda: KafkaServer(folder)) as server:
        await make_topic(server, "kept")
        producer = AIOKafkaProducer(bootstrap_servers=server.bootstrap, acks="all", enable_idempotence=True)
        await producer.start()
        await producer.send_and_wait("kept", b"a fact")
        await producer.stop()
        server.kill()
        server.start()
        consumer = AIOKafkaConsumer(bootstrap_servers=server.bootstrap)
        await consumer.start()
        consumer.assign([TopicPartition("kept", 0)])
        await consumer.seek_to_beginning()
        record = await consumer.getone()
        await consumer.stop()
        assert record.value == b"a fact"


@pytest.mark.kafka
def test_kafka_maps_its_classes_and_does_not_load_them_again(kafka_server: KafkaServer) -> None:
    assert "/kafka.jsa" in Path(f"/proc/{kafka_server.pid}/maps").read_text()


@pytest.mark.kafka
async def test_kafka_makes_no_topic_by_mistake(kafka_server: KafkaServer) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_server.bootstrap)
    await admin.start()
    [described] = await admin.describe_topics(["mistyped"])
    names = await admin.list_topics()
    await admin.close()
    assert described["error_code"] == 3  # UNKNOWN_TOPIC_OR_PARTITION
    assert "mistyped" not in names


@pytest.mark.temporal
async def test_temporal_answers_and_is_the_only_one_on_its_file(temporal_server: TemporalServer) -> None:
    client = await Client.connect(temporal_server.address)
    assert await client.service_client.check_health()


@pytest.mark.temporal
def test_temporal_dies_with_its_starter_even_by_sigkill() -> None:
    with engine_folder("temporal") as folder:
        or_missing(lambda: TemporalServer(folder))
        starter = start_in_another_process(folder)
        server = int(starter.stdout.readline()) if starter.stdout else 0
        assert running(server)
        starter.send_signal(signal.SIGKILL)
        starter.communicate()
        wait_gone([server], within=10)


@pytest.mark.temporal
def test_a_survivor_on_the_folder_is_ended_by_the_next_start() -> None:
    with engine_folder("temporal") as folder:
        first = or_missing(lambda: TemporalServer(folder)).start()
        with TemporalServer(folder) as second:
            assert not running(first.pid)
            assert running(second.pid)


def test_a_stale_pid_file_ends_nobody(tmp_path: Path) -> None:
    (tmp_path / "temporal.pid").write_text(f'{{"pid": {os.getpid()}, "started": "0"}}')
    with or_missing(lambda: TemporalServer(tmp_path)):
        assert running(os.getpid())


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "started": "0"}'])
def test_a_pid_file_that_was_cut_off_ends_nobody_and_stops_no_start(broken: str, tmp_path: Path) -> None:
    pidfile = tmp_path / "temporal.pid"
    pidfile.write_text(broken)
    assert not end_survivor(pidfile, serves=tmp_path)
    assert not pidfile.exists()
    child = Child([sys.executable, "-c", "import sys; sys.stdin.read()"], log=tmp_path / "log")
    child.wait(within=30)
    kept = pidfile.with_name("other.pid")
    pidfile.symlink_to(kept)  # who writes into the file that is there would write into this one
    remember(child, pidfile)
    assert json.loads(pidfile.read_text())["pid"] == child.pid
    assert not kept.exists()


def test_a_missing_part_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissing, match="Java"):
        KafkaServer(tmp_path)


async def make_topic(server: KafkaServer, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()


def start_in_another_process(folder: Path) -> subprocess.Popen[str]:
    program = (
        "import sys, pathlib; from deploy.local.temporal import TemporalServer; "
        "print(TemporalServer(pathlib.Path(sys.argv[1])).start().pid, flush=True); sys.stdin.read()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
