"""The proposal engine: which times fit a guest's wish, best first.

Pure code on the standard library. `Index` (index.py) holds what rooms and staff_calendar say; `search` (search.py)
answers a `Wish` (wish.py) from it.
"""
