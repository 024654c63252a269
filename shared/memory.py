"""What glibc keeps of memory that is free again; where there is no glibc, nothing happens."""

import ctypes

_libc = ctypes.CDLL(None)
_M_MMAP_THRESHOLD = -3


def map_from(size: int) -> None:
    """Blocks of `size` bytes and more go back to the system as soon as they are free, always."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_MMAP_THRESHOLD, size)


def give_back() -> None:
    """Pages that are free again: after a rush two or three megabytes, in a millisecond."""
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
