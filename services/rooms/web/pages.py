"""The kit of the pages about rooms."""

from pathlib import Path

from shared.pages import Kit, Link

ROLES = ("catalogue", "operations")
KIT = Kit(
    "rooms",
    Path(__file__).parent,
    title="Räume",
    home="/admin/rooms",
    navigation=(Link("/admin/rooms", "Räume und Standorte", ROLES), Link("/admin/rooms/new", "Neuer Raum", ROLES)),
    portal=("FOYER_HTTP_BOOKING", "127.0.0.1:8001"),
    stylesheets=("own/rooms.css",),
)
pages, page = KIT.pages, KIT.page
