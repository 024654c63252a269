"""The kit of the entrance's pages."""

from pathlib import Path

from shared.pages import Kit, Link

ROLES = ("security_desk", "operations")
KIT = Kit(
    "visitor_access",
    Path(__file__).parent,
    title="Besucherliste",
    home="/entrance",
    navigation=(
        Link("/entrance", "Liste", ROLES),
        Link("/entrance/house", "Im Haus", ROLES),
        Link("/entrance/print", "Zum Drucken", ROLES),
    ),
    portal=("FOYER_HTTP_BOOKING", "127.0.0.1:8001"),
    stylesheets=("own/entrance.css",),
)
pages, page = KIT.pages, KIT.page
