"""Private servers on loopback, each in a folder of its own: for `foyer up`, the tests and the benchmarks."""

from deploy.servers.mail import MailSink
from deploy.servers.ports import free_port, port_is_free
from deploy.servers.postgresql import PostgreSQL
from deploy.servers.process import Process, ServerFailed, temporary_folder, wait_until
from deploy.servers.rabbitmq import RabbitMQ

__all__ = [
    "MailSink",
    "PostgreSQL",
    "Process",
    "RabbitMQ",
    "ServerFailed",
    "free_port",
    "port_is_free",
    "temporary_folder",
    "wait_until",
]
