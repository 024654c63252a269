"""The kit of booking's pages for the staff; citizens have one of their own."""

from pathlib import Path

from shared.pages import Kit
from shared.pages.kit import Link

STAFF = Kit(
    "booking",
    Path(__file__).parent,
    title="Rathaus intern",
    home="/sign-in",
    navigation=(
        Link("/desk", "Infotheke", ("info_desk",)),
        Link("/desk/find", "Termin finden", ("info_desk",)),
        Link("/admin/concerns", "Anliegen verwalten", ("catalogue",)),
    ),
    stylesheets=("own/staff.css",),
)
pages, page = STAFF.pages, STAFF.page
