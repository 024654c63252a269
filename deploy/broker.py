"""Asking a broker, as a client, whether it is there and how much waits in its queues."""

import logging
from collections.abc import Iterable

import pika
from pika.exceptions import AMQPConnectionError, AMQPError, ChannelClosedByBroker, ProbableAuthenticationError

# pika logs every failed try with its whole stack.
logging.getLogger("pika").setLevel(logging.CRITICAL)


def check_broker(url: str) -> str:
    """Why nobody can log in there; empty where one can. Passwords are not named."""
    try:
        _connect(url).close()
    except ProbableAuthenticationError:
        return "it refuses the user or the password"
    except AMQPConnectionError as error:
        return f"no connection to {_host(url)} ({_reason(error)})"
    except (AMQPError, OSError) as error:
        return f"{_host(url)} says {error}"
    except ValueError as error:
        return f"it is no AMQP URL ({error})"
    return ""


def queue_lengths(url: str, queues: Iterable[str]) -> dict[str, int]:
    """How many messages wait in each of these queues, as far as they exist. Raises AMQPError, OSError."""
    found: dict[str, int] = {}
    connection = _connect(url)
    try:
        for queue in queues:
            channel = connection.channel()
            try:
                found[queue] = channel.queue_declare(queue, passive=True).method.message_count
                channel.close()
            except ChannelClosedByBroker:
                continue
    finally:
        connection.close()
    return found


def _connect(url: str) -> pika.BlockingConnection:
    parameters = pika.URLParameters(url)
    parameters.connection_attempts = 1
    parameters.socket_timeout = parameters.stack_timeout = parameters.blocked_connection_timeout = 3
    return pika.BlockingConnection(parameters)


def _host(url: str) -> str:
    parameters = pika.URLParameters(url)
    return f"{parameters.host}:{parameters.port}"


def _reason(error: BaseException) -> str:
    cause = error.args[0] if error.args else error
    return str(getattr(cause, "exception", cause)) or type(error).__name__
