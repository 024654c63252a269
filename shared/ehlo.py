"""How we introduce ourselves to a mail server."""

import smtplib
import socket


def introduce(smtp: smtplib.SMTP) -> None:
    """To be called before anything is said. A full name or an address, as RFC 5321, 4.1.1.1 wants it: many a server
    refuses letters of one that gives a short name. smtplib would ask the name service, which can take long.
    """
    here = socket.gethostname()
    if "." not in here and smtp.sock is not None:
        address: str = smtp.sock.getsockname()[0]
        here = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
    smtp.local_hostname = here
