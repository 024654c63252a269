"""Draft + guest + house -> the mail."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import idna

from services.notifications.drafts import Draft
from services.notifications.letters import mime, printing, qr
from services.notifications.letters.calendar import METHODS, Entry
from services.notifications.letters.content import Content, Writer
from services.notifications.letters.house import Guest, House
from services.notifications.letters.wording import words
from shared.headers import WIRE
from shared.words import Words

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
    mail = EmailMessage(policy=WIRE if address.isascii() else WIRE.clone(utf8=True))
    _head(mail, draft, content, address, house, message, now)
    mail["Content-Language"] = said.language
    mail.attach(mime.readable("plain", printing.text(content, said, house.town)))
    mail.attach(_page(content, said, house))
    if draft.kind in METHODS and draft.visit is not None:
        entry = Entry(draft, draft.visit, content, address, house, said, now)
        kind = f'text/calendar; charset=utf-8; method={METHODS[draft.kind]}; name="termin.ics"'
        mail.attach(mime.packed(kind, entry.ics()))
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
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = "multipart/alternative"


def _page(content: Content, said: Words, house: House) -> EmailMessage:
    picture = f"{PICTURE}@{house.domain}"
    page = mime.readable("html", printing.html(content, said, house.town, picture))
    if not content.number:
        return page
    shown = {"Content_ID": f"<{picture}>", "Content_Disposition": 'inline; filename="pass.png"'}
    return mime.together("related", page, mime.packed("image/png", qr.png(content.number), **shown))
