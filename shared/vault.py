"""Personal data under a key per subject: sealed in logs and on the wire, unreadable once the key is deleted.

AES-256-GCM; the associated data is the context (event id and field) under which the text was sealed. Each service keeps
the subjects' keys wrapped (RFC 3394) by a master key of its own; on the way between services they are wrapped by a
transport key.
"""

import base64
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from sqlalchemy import Connection, insert, select

from shared.messages import checked_text
from shared.tables import Write, subject_keys, upsert

_NEW = insert(subject_keys)  # not an upsert: what is sealed under a key that is not kept could never be opened
_KEEP = upsert(subject_keys, ["subject"], update=())  # a key never returns after it was forgotten
_FORGET = upsert(subject_keys, ["subject"])
NONCE_BYTES = 12


class BadToken(ValueError):
    """A sealed token that is malformed or was tampered with."""


class OtherMasterKey(ValueError):
    """A subject's key was wrapped by another master key than ours."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens personal data of one service. Keys are 32 bytes."""

    master_key: bytes
    transport_key: bytes

    def seal(self, subject: str, context: str, plain: Mapping[str, Any]) -> tuple[str, Write]:
        """Seal `plain` under a new key of `subject`; the key's row must be committed with what holds the token.

        The commit is refused (IntegrityError) where the subject has a key already or was forgotten: one sealing each.
        """
        key = AESGCM.generate_key(256)
        nonce = secrets.token_bytes(NONCE_BYTES)
        box = nonce + AESGCM(key).encrypt(nonce, orjson.dumps(plain), context.encode())
        token = f"s1.{subject}.{context}.{base64.urlsafe_b64encode(box).decode().rstrip('=')}"
        row = {"subject": subject, "wrapped": aes_key_wrap(self.master_key, key), "sent": False}
        return token, (_NEW, row)

    def open(self, connection: Connection, tokens: Iterable[str]) -> dict[str, dict[str, Any] | None]:
        """The plain data of each token; None where the key is not there (forgotten, or not arrived yet).

        Raises BadToken for a token that was tampered with.
        """
        parts = {token: _parts(token) for token in tokens}
        subjects = {subject for subject, _, _ in parts.values()}
        query = select(subject_keys.c.subject, subject_keys.c.wrapped).where(subject_keys.c.subject.in_(subjects))
        keys = {row.subject: row.wrapped for row in connection.execute(query) if row.wrapped} if subjects else {}
        return {token: self._open(keys.get(subject), context, box) for token, (subject, context, box) in parts.items()}

    def _open(self, wrapped: bytes | None, context: str, box: bytes) -> dict[str, Any] | None:
        if wrapped is None:
            return None
        try:
            key = aes_key_unwrap(self.master_key, bytes(wrapped))
            plain = AESGCM(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], context.encode())
        except (InvalidTag, InvalidUnwrap, ValueError) as error:
            raise BadToken("the sealed data does not fit its key") from error
        opened: dict[str, Any] = orjson.loads(plain)
        return opened

    def check(self, connection: Connection, place: str) -> None:
        """Raises OtherMasterKey, which names the `place` of the master key, where it opens none of the keys kept."""
        query = select(subject_keys.c.wrapped).where(subject_keys.c.wrapped.is_not(None))
        wrong = False
        with connection.execute(query, execution_options={"yield_per": 100}) as rows:  # as a rule the first will do
            for wrapped in rows.scalars():
                with suppress(InvalidUnwrap):
                    aes_key_unwrap(self.master_key, bytes(wrapped))
                    return
                wrong = True
        if wrong:
            raise OtherMasterKey(
                f"{place} opens none of the keys in the database (where it was missing it was made anew): "
                "put back the one from the backup"
            )

    @staticmethod
    def forget(subject: str) -> Write:
        """Delete the subject's key for good; the row stays as a mark, so that a late copy of the key is not kept."""
        return _FORGET, {"subject": subject, "wrapped": None, "sent": True}

    def outgoing(self, subject: str, wrapped: bytes) -> bytes:
        """The key as it travels to the services that must read the subject. Raises OtherMasterKey."""
        try:
            key = aes_key_unwrap(self.master_key, bytes(wrapped))
        except InvalidUnwrap as error:
            raise OtherMasterKey("the key can't be unwrapped") from error
        body = {"subject": subject, "key": base64.b64encode(aes_key_wrap(self.transport_key, key)).decode()}
        return orjson.dumps(body)

    def incoming(self, body: bytes) -> Write:
        """Keep a key that another service sent. Raises ValueError for what is not such a key."""
        try:
            sent = orjson.loads(body)
            key = aes_key_unwrap(self.transport_key, base64.b64decode(sent["key"]))
            row = {
                "subject": checked_text(sent["subject"], "subject"),
                "wrapped": aes_key_wrap(self.master_key, key),
                "sent": True,
            }
        except (InvalidUnwrap, KeyError, TypeError) as error:
            raise ValueError("not a key of ours") from error
        return _KEEP, row


def _parts(token: str) -> tuple[str, str, bytes]:
    try:
        version, subject, rest = token.split(".", 2)
        context, box = rest.rsplit(".", 1)
        if version != "s1":
            raise BadToken("unknown kind of sealed data")
        return subject, context, base64.urlsafe_b64decode(box + "=" * (-len(box) % 4))
    except ValueError as error:
        raise BadToken("not sealed data") from error
