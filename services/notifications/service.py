"""The letters as a nameko service: entrypoints and wiring."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from services.notifications import contracts, decider, projections, queries, reactions, upcasts
from services.notifications.contracts import MessagesAnswer, MessagesQuery
from services.notifications.events import LetterEvent
from services.notifications.place import PLACE
from services.notifications.sender.rounds import Sender
from services.notifications.sender.settings import house_of
from services.notifications.sender.smtp import server_of
from shared import admission
from shared.app import App, Delivery
from shared.definition import Definition
from shared.interval import every
from shared.nameko_parts import Running, hear
from shared.standard import Standard
from shared.web import api, json_response

DEFINITION = Definition(
    **PLACE._asdict(),
    decider=decider,
    events=LetterEvent,
    upcasts=upcasts.UPCASTS,
    say=contracts.say,
    heard=contracts.VERSIONS | admission.HEARD,
    react=reactions.react,
    can_wait=reactions.can_wait,
    note=admission.heard,
    at_once=admission.at_once(projections.forget_at_once),
    replays=reactions.REPLAYS,
    project=projections.project,
    metadata=projections.metadata,
    migrations=Path(__file__).parent / "migrations",
)


class Notifications(App):
    """The running service, and the one sender of this process."""

    sender: Sender

    def started(self) -> None:
        """Raises ValueError for settings that can't be right, before anything is heard."""
        self.sender = Sender(self, house_of(self.settings), server_of(self.settings.smtp_url))


class NotificationsService(Standard):
    """Tells guests by mail what became of their appointment."""

    name = DEFINITION.name
    app = Running(DEFINITION, make=Notifications)

    @hear
    def hear(self, batch: Sequence[Delivery]) -> None:
        """What booking and visitor_access say."""
        self.app.hear(batch)

    @every(0.5)
    def send_due(self) -> None:
        """A round begins when the one before has ended."""
        self.app.sender.send_due()

    @api(
        "GET",
        "/api/messages",
        role=("info_desk", "operations"),
        query=MessagesQuery,
        answer=MessagesAnswer,
        summary="What was sent, and the result",
    )
    def messages(self, request: Request, query: dict[str, Any]) -> Response:
        """Empty for an appointment that nobody was written to about."""
        with self.app.read() as connection:
            return json_response({"messages": queries.messages_of(connection, query["appointment"])})
