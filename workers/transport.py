"""Kombu's Redis transport, for a queue that others write to, on a Redis that may be full."""
# mypy: disallow-untyped-calls=False
# Kombu's functions have no types.

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from workers.gate import admitted

log = logging.getLogger(__name__)


class GatedRedis(Redis):
    """A client whose blocking pops, which is how messages come, answer with messages that a worker can run."""

    def parse_response(self, connection: Any, command_name: Any, **options: Any) -> Any:
        """As redis-py has it; an item of a queue goes through the gate."""
        answer: Any = super().parse_response(connection, command_name, **options)
        if command_name != "BRPOP" or not answer:
            return answer
        key, item = answer
        # Kombu keeps messages of another priority in lists of their own, named after the queue.
        queue = key.decode().rsplit(Channel.sep, 1)[0]
        return key, admitted(item, queue)


class QoS(kombu_redis.QoS):
    """Files messages in Redis until they are done, where Redis has room.

    A full Redis refuses every command that could need memory. It must be emptied all the same: that is how it gets
    room again.
    """

    def append(self, message: Any, delivery_tag: str) -> None:
        """File a message that has just been taken."""
        try:
            super().append(message, delivery_tag)
        except ResponseError as exc:
            # It is off the queue already. Done now, it is done; only a kill in these seconds would lose it.
            log.warning("Redis has no room to note a message that is being worked on: %s", exc)
            virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """Be done with a message."""
        with self._free(delivery_tag):
            try:
                super().ack(delivery_tag)
            except ResponseError:
                # Within the transaction that kombu makes of it, a full Redis refuses even what frees memory.
                with self.channel.conn_or_acquire() as client:
                    client.zrem(self.unacked_index_key, delivery_tag)
                    client.hdel(self.unacked_key, delivery_tag)
                virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Put a message back; if not at once, then when it counts as a dead worker's. Or be done with it."""
        if not requeue:
            self.ack(delivery_tag)
            return
        with self._free(delivery_tag):
            try:
                super().reject(delivery_tag, requeue=True)
            except ResponseError as exc:
                log.warning("Redis has no room to queue a message again, which will be tried later: %s", exc)
                virtual.QoS.ack(self, delivery_tag)

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        """Queue again what dead workers held; put off where Redis has no room."""
        try:
            super().restore_visible(*args, **kwargs)
        except ResponseError as exc:
            log.warning("messages of dead workers wait until Redis has room: %s", exc)

    @contextmanager
    def _free(self, delivery_tag: str) -> Iterator[None]:
        """Where Redis is away, count the message as done all the same; it comes again, and finds its work done.

        Otherwise a worker that takes one message at a time would have its hands full for ever: it would ask for no
        other one, and so would never learn that its connection is gone.
        """
        try:
            yield
        except (RedisError, OSError):
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(kombu_redis.Channel):
    """A channel that reads through the gate, and takes nothing from Redis but memory for messages."""

    QoS = QoS

    def _get_client(self) -> Any:
        super()._get_client()  # raises for a redis-py that is too old
        return GatedRedis

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        """Nothing: messages name their queue. Kombu would write the binding, which a full Redis refuses."""


class Transport(kombu_redis.Transport):
    """What `broker_transport` names."""

    Channel = Channel
