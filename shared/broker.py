"""The way of a service to the broker: kombu, that takes the URL which pika takes, and any message whatsoever."""

import ast
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import amqp
import kombu.connection
import kombu.exceptions
from amqp.method_framing import frame_handler
from amqp.spec import Basic

HEARTBEAT, TIMEOUT = 30, 5
"""Seconds, unless the URL says otherwise."""
# kombu raises an error of its own where no connection comes about at all.
BROKER_ERRORS = (OSError, amqp.exceptions.AMQPError, kombu.exceptions.KombuError)
_HEADER = 2
_PROPERTIES, _HAS_CONTENT_TYPE = 12, 0x80
_ASCII = bytes(range(128)) + b"?" * 128
_connection: Any = kombu.connection.Connection
Frame = tuple[int, int, bytes]


def connect(url: str) -> Any:
    """A connection that comes about when it is used first.

    What pika takes in a URL's query kombu would take for arguments of its own: it is told those that it has, too.
    """
    bare, _, query = url.partition("?")
    asked = dict(parse_qsl(query))
    return _connection(
        bare,
        heartbeat=int(asked.get("heartbeat", HEARTBEAT)),
        connect_timeout=float(asked.get("socket_timeout", TIMEOUT)),
        ssl=_tls(ast.literal_eval(asked.get("ssl_options", "None")), urlsplit(bare).hostname),
        transport_options={"frame_handler": _frames},
    )


def _tls(options: dict[str, Any] | None, host: str | None) -> dict[str, Any] | bool:
    """pika's `ssl_options`, as py-amqp names them; False where there are none: the scheme decides then."""
    if options is None:
        return False
    files = {"ca_certs": options.get("ca_certs") or options.get("cafile")}
    same = {name: options[name] for name in ("certfile", "keyfile", "ciphers") if name in options}
    return files | same | {"server_hostname": options.get("server_hostname") or host}


def _frames(connection: Any, deliver: Callable[..., None]) -> Callable[[Frame], bool]:
    """py-amqp's reader, spared what it can't decode: it would end the connection at a message that then comes again."""

    def take(channel: int, method: tuple[int, int], arguments: bytes, content: Any) -> None:
        deliver(channel, method, _told_in_ascii(arguments) if method == Basic.Deliver else arguments, content)

    read: Callable[[Frame], bool] = frame_handler(connection, take)
    return lambda frame: read((*frame[:2], _content_type_only(frame[2])) if frame[0] == _HEADER else frame)


def _told_in_ascii(arguments: bytes) -> bytes:
    """A delivery with "?" for every other letter of exchange and routing key; those of ours have none."""
    exchange = 5 + arguments[4] + 9  # after method, consumer tag, delivery tag and the bit for a redelivery
    key = exchange + 1 + arguments[exchange]
    names = (arguments[at + 1 : at + 1 + arguments[at]].translate(_ASCII) for at in (exchange, key))
    return arguments[:exchange] + b"".join(bytes((len(name),)) + name for name in names)


def _content_type_only(header: bytes) -> bytes:
    """A header without the properties, headers among them, that nobody here looks at."""
    if not header[_PROPERTIES] & _HAS_CONTENT_TYPE:
        return header[:_PROPERTIES] + b"\x00\x00"
    at = _PROPERTIES + 2
    content_type = header[at + 1 : at + 1 + header[at]].translate(_ASCII)
    return header[:_PROPERTIES] + bytes((_HAS_CONTENT_TYPE, 0, len(content_type))) + content_type
