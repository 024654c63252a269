"""A service's log as one file: JSON lines, compressed with Zstandard.

The first line says what it is. Then comes, table by table, a line with its name and columns and a line for each row:
first `events` in the order of their ids, then what stands beside the log and can't be worked out from it (gates, what
is held, cursors, keys). Read tables and timers are not in it. The last line counts the rows and has the SHA-256 of all
lines before it. The same database gives the same bytes, on SQLite and on PostgreSQL.
"""
