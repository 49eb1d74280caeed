"""Queues and brokers, in memory or on the loopback interface."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["CALLS"]


def call_celery() -> None:
    """A task through the broker in memory, worked off by a worker in a thread."""
    import celery
    from celery.contrib.testing.worker import start_worker

    application = celery.Celery("shop", broker="memory://", backend="cache+memory://")

    @application.task(name="shop.add")
    def add(one: int, other: int) -> int:
        return one + other

    with start_worker(application, perform_ping_check=False, shutdown_timeout=20):
        assert add.delay(1, 2).get(timeout=20) == 3


def call_remoulade() -> None:
    """A message through the broker that works it off at once."""
    import remoulade
    from remoulade.brokers.local import LocalBroker

    remoulade.set_broker(LocalBroker())

    @remoulade.actor
    def trade() -> None:
        return None

    remoulade.declare_actors([trade])
    trade.send()


def call_confluent_kafka() -> None:
    """A message to the cluster that the library mocks itself, and back."""
    import confluent_kafka

    with _mock_cluster() as servers:
        producer = confluent_kafka.Producer({"bootstrap.servers": servers})
        producer.produce("orders", b"x")
        assert producer.flush(20) == 0
        consumer = confluent_kafka.Consumer(
            {"bootstrap.servers": servers, "group.id": "g", "auto.offset.reset": "earliest"}
        )
        consumer.subscribe(["orders"])
        message = consumer.poll(20)
        assert message is not None
        assert message.value() == b"x"
        consumer.close()


def call_kafka() -> None:
    """A message to a mock cluster."""
    import kafka

    with _mock_cluster() as servers:
        producer = kafka.KafkaProducer(bootstrap_servers=servers, **_PLAIN)
        producer.send("orders", b"x").get(timeout=20)
        producer.close()


def call_aiokafka() -> None:
    """A message to a mock cluster."""
    import aiokafka

    async def main(servers: str) -> None:
        producer = aiokafka.AIOKafkaProducer(bootstrap_servers=servers)
        await producer.start()
        await producer.send_and_wait("orders", b"x")
        await producer.stop()

    with _mock_cluster() as servers:
        asyncio.run(main(servers))


_PLAIN: dict[str, object] = {"enable_idempotence": False, "api_version": (2, 0)}
"""What the mock cluster understands."""


@contextmanager
def _mock_cluster() -> Iterator[str]:
    """The addresses of a cluster of one broker, which librdkafka plays."""
    import confluent_kafka.admin

    holder = confluent_kafka.admin.AdminClient({"test.mock.num.brokers": 1})
    brokers = holder.list_topics(timeout=20).brokers.values()
    yield ",".join(f"127.0.0.1:{broker.port}" for broker in brokers)
    del holder


CALLS: dict[str, Callable[..., None]] = {
    "celery": call_celery,
    "remoulade": call_remoulade,
    "confluent_kafka": call_confluent_kafka,
    "kafka": call_kafka,
    "aiokafka": call_aiokafka,
}
