"""A parked message edited: a new message in its place, the difference shown, the original kept."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from deploy.home import BadInput
from deploy.operations.parked.rows import Parked
from shared.messages import LONGEST, Unreadable, read
from shared.orders import DISCARD

OF_A_REPLAY = ("replayid", "replaymode")
"""What is not part of the message itself."""


def edited(row: Parked, sets: Sequence[str], file: Path | None, mark: str) -> dict[str, Any]:
    """The new message: the original with single values set, or what a file says. Raises BadInput."""
    if bool(sets) == (file is not None):
        raise BadInput("Say what to change: --set data.party_size=2, again for each value; or --file NEW.json.")
    message = _from_file(file) if file is not None else _set(row, sets)
    original = row.message if isinstance(row.message, dict) else {}
    if message == original:
        raise BadInput("That changes nothing.")
    for name in OF_A_REPLAY:
        message.pop(name, None)
    replaced = str(original.get("replaces") or original.get("id") or "")
    if replaced:
        message |= {"id": f"{replaced[: LONGEST - len(mark) - 1]}+{mark}", "replaces": replaced}
    _check(row, message)
    return message


def _check(row: Parked, message: dict[str, Any]) -> None:
    try:
        new = read(orjson.dumps(message))
    except Unreadable as error:
        raise BadInput(f"The edited message could not be read: {error}.") from None
    if row.reason != "unreadable" and (new.source, new.stream, new.sequence) != (row.source, row.stream, row.sequence):
        raise BadInput("An edited message keeps its source, stream and sequence: it takes the place of the original.")


def _from_file(file: Path) -> dict[str, Any]:
    try:
        message = orjson.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} can't be read as JSON ({type(error).__name__}).") from None
    if not isinstance(message, dict):
        raise BadInput(f"{file} is not a message: it must be a JSON object, as `foyer parked show ID` prints one.")
    return message


def _set(row: Parked, sets: Sequence[str]) -> dict[str, Any]:
    message = row.message
    if not isinstance(message, dict):
        raise BadInput(f"It is no JSON object: give a whole message with --file, or `foyer parked {DISCARD}` it.")
    for one in sets:
        path, equals, value = one.partition("=")
        if not equals or not path:
            raise BadInput(f"--set must be like data.party_size=2, not {one!r}.")
        _put(message, path.split("."), _value(value), one)
    return message


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return text


def _put(message: Any, path: Sequence[str], value: Any, said: str) -> None:
    *way, last = path
    for step in way:
        message = _inside(message, step, said)
    if isinstance(message, list) and last.isdecimal() and int(last) < len(message):
        message[int(last)] = value
    elif isinstance(message, dict):
        message[last] = value
    else:
        raise BadInput(f"--set {said}: there is no {last!r} to set.")


def _inside(message: Any, step: str, said: str) -> Any:
    if isinstance(message, list) and step.isdecimal() and int(step) < len(message):
        return message[int(step)]
    if isinstance(message, dict) and step in message:
        return message[step]
    raise BadInput(f"--set {said}: there is no {step!r} in the message.")


def difference(row: Parked, message: dict[str, Any]) -> tuple[str, ...]:
    """Line by line, as `diff -u` shows it."""
    before, after = _lines(row.message), _lines(message)
    return tuple(difflib.unified_diff(before, after, "original", "edited", lineterm="", n=1))


def _lines(message: Any) -> list[str]:
    if not isinstance(message, dict):
        return str(message).splitlines()
    return orjson.dumps(message, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode().splitlines()
