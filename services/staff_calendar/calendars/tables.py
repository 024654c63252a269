"""The calendars that are connected, and what was seen of them. Not made from events: what a calendar's own server knows
is asked again, and a password is no fact for a log. So `foyer rebuild` leaves these tables as they are.

Times are RFC 3339 in UTC. Of an entry nothing is kept but its UID, its ETag and when it makes busy or opens hours.
"""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from shared.tables import SECRET

metadata = MetaData()

links = Table(
    "calendar_links",
    metadata,
    Column("calendar", Text, primary_key=True),
    Column("clerk", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # The address may hold a secret, so it is sealed with name and password; the host is for people to see.
    Column("host", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("zone", Text, nullable=False),
    Column("mail", Text),
    Column("blocks", Boolean, nullable=False),
    Column("writes", Boolean, nullable=False),
    Column("opens", Text),
    Column("site", Text),
    Column("language", Text, nullable=False),
    Column("connected_at", Text, nullable=False),
    Index("calendar_links_clerk", "clerk"),
    info={SECRET: True},
)

states = Table(
    "calendar_states",
    metadata,
    Column("calendar", Text, primary_key=True),
    Column("token", Text),
    Column("due_at", Text, nullable=False),
    Column("tried_at", Text),
    Column("good_at", Text),
    Column("failures", Integer, nullable=False),
    Column("because", Text),
    Column("detail", Text),
)

entries = Table(
    "calendar_entries",
    metadata,
    Column("calendar", Text, primary_key=True),
    Column("href", Text, primary_key=True),
    Column("uid", Text, primary_key=True),
    Column("etag", Text),
    Column("busy", JSON, nullable=False),
    Column("opens", JSON, nullable=False),
    # A series is worked out up to this date, and asked for again when the horizon comes near; null: it ends before.
    Column("reaches", Text),
    Column("problem", Text),
)

written = Table(
    "calendar_written",
    metadata,
    Column("calendar", Text, primary_key=True),
    Column("uid", Text, primary_key=True),
    Column("appointment", Text, nullable=False),
    Column("stop", Integer, nullable=False),
    Column("href", Text, nullable=False),
    Column("etag", Text),
    Column("sequence", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("starts_at", Text, nullable=False),
    Column("ends_at", Text, nullable=False),
    # What the clerk did with it in the calendar, once it has been told: "moved {start}" or "deleted".
    Column("wish", Text),
)
