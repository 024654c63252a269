"""What is said of a catalogue file, in both languages at once: files are read on pages, and by a command in English."""

from typing import Any, Self


class Said(str):
    """A sentence's end in English, with the same in German; what stands in {braces} is filled in both.

    A value that differs between the languages is a Said itself.
    """

    german: str

    def __new__(cls, english: str, german: str, **values: Any) -> Self:
        said = super().__new__(cls, english.format(**values))
        said.german = german.format(**{name: in_german(value) for name, value in values.items()})
        return said


def in_german(value: Any) -> Any:
    """The German of it, where there is one."""
    return value.german if isinstance(value, Said) else value
