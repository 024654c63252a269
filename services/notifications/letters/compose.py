"""Draft + guest + house -> the mail."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import cast

import idna

from services.notifications.drafts import Draft
from services.notifications.letters import printing, qr
from services.notifications.letters.calendar import METHODS, Entry
from services.notifications.letters.content import Content, Writer
from services.notifications.letters.house import Guest, House
from services.notifications.letters.wording import Words, words

PICTURE = "pass"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LOCAL = re.compile(rf'{_ATOM}(\.{_ATOM})*|"[ !#-\[\]-~]+"')
"""RFC 5322 without the obsolete forms, RFC 6531."""


class BadAddress(ValueError):
    """Nothing can be sent to this address; the text does not quote it."""


def compose(draft: Draft, guest: Guest, house: House, message: str, now: datetime) -> EmailMessage:
    """The mail for a draft. Raises BadAddress.

    multipart/alternative of text, HTML (with the QR picture) and, where the letter changes the calendar, an entry.
    What the guest typed stands in bodies only, never in a header: To is the bare address.
    """
    said = words(draft.language)
    content = Writer(draft, guest, house, said).content()
    address = deliverable(guest.email)
    mail = EmailMessage(policy=SMTP if address.isascii() else SMTPUTF8)
    _head(mail, draft, content, address, house, message, now)
    _bodies(mail, content, said, house)
    if draft.kind in METHODS and draft.visit is not None:
        _calendar(mail, Entry(draft, draft.visit, content, address, house, said, now))
    mail["Content-Language"] = said.language  # last: a Content header set earlier would move into the first part
    return mail


def deliverable(email: str) -> str:
    """The address as mail servers take it: domain in ASCII (IDNA 2008), a local part beyond ASCII as it is."""
    local, _, domain = email.strip().rpartition("@")
    # Python's own parser forgives too much: comments, routes and folded lines have no place here.
    if not _LOCAL.fullmatch(local) or not local.isprintable() or len(local.encode()) > 64:
        raise BadAddress("the part before the @")
    try:
        return Address(username=local.strip('"'), domain=idna.encode(domain, uts46=True).decode()).addr_spec
    except (ValueError, IndexError) as error:
        raise BadAddress(type(error).__name__) from None


def _head(
    mail: EmailMessage, draft: Draft, content: Content, address: str, house: House, message: str, now: datetime
) -> None:
    mail["Subject"] = content.subject
    mail["From"] = Address(display_name=house.town, addr_spec=house.sender)
    mail["To"] = address
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message}@{house.domain}>"
    mail["References"] = f"<{draft.appointment}@{house.domain}>"  # all letters of a visit stand together
    mail["Auto-Submitted"] = "auto-generated"


def _bodies(mail: EmailMessage, content: Content, said: Words, house: House) -> None:
    mail.set_content(printing.text(content, said, house.town), cte="quoted-printable")
    picture = f"{PICTURE}@{house.domain}"
    mail.add_alternative(printing.html(content, said, house.town, picture), subtype="html", cte="quoted-printable")
    if content.number:
        page = cast("EmailMessage", mail.get_payload(1))
        page.add_related(
            qr.png(content.number), "image", "png", cid=f"<{picture}>", disposition="inline", filename="pass.png"
        )


def _calendar(mail: EmailMessage, entry: Entry) -> None:
    params = {"method": METHODS[entry.draft.kind], "name": "termin.ics"}
    mail.add_alternative(entry.ics().decode(), subtype="calendar", params=params, cte="base64")
