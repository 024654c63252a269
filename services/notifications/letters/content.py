"""What a letter says, as parts in one language; text and HTML are two ways to print the same parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.notifications.drafts import Draft
from services.notifications.events import Stop, Visit
from services.notifications.letters.house import Guest, House
from services.notifications.letters.typed import line
from services.notifications.letters.wording import of
from shared.words import Words


@dataclass(frozen=True, slots=True)
class Row:
    """One part of the visit."""

    time: str
    concern: str
    room: str
    clerk: str


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of a letter, in the order in which they stand. Empty parts are left out."""

    subject: str
    heading: str
    name: str
    lead: str
    place: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    documents: tuple[str, ...] = ()
    number: str = ""
    alternatives: tuple[str, ...] = ()
    link: tuple[str, str] = ("", "")
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the parts of one draft."""

    draft: Draft
    guest: Guest
    house: House
    words: Words

    def content(self) -> Content:
        """All parts of the letter. Raises KeyError for an unknown kind."""
        return PARTS[self.draft.kind](self)

    def confirmation(self) -> Content:
        say, visit = self.words.say, self._visit()
        return self._invitation(
            visit,
            say("Ihr Termin am {when}", when=self._moment(visit.starts_at)),
            say("Ihr Termin ist bestätigt"),
            say("wir erwarten Sie am {when}.", when=self._moment(visit.starts_at)),
        )

    def moved(self) -> Content:
        say, visit = self.words.say, self._visit()
        return self._invitation(
            visit,
            say("Ihr neuer Termin am {when}", when=self._moment(visit.starts_at)),
            say("Ihr Termin ist verschoben"),
            say("es gilt die neue Zeit: {when}. Die alte haben wir freigegeben.", when=self._moment(visit.starts_at)),
        )

    def move_declined(self) -> Content:
        visit = self._visit()
        lead = self.words.say(
            "die neue Zeit, die Sie sich gewünscht haben ({asked}), ist leider nicht mehr frei. "
            "Ihr Termin bleibt am {when}.",
            asked=self._asked(),
            when=self._moment(visit.starts_at),
        )
        return self._stays(visit, lead)

    def move_expired(self) -> Content:
        visit = self._visit()
        lead = self.words.say(
            "die neue Zeit, die Sie sich gewünscht haben ({asked}), konnten wir nicht rechtzeitig bestätigen. "
            "Ihr Termin bleibt am {when}.",
            asked=self._asked(),
            when=self._moment(visit.starts_at),
        )
        return self._stays(visit, lead)

    def _stays(self, visit: Visit, lead: str) -> Content:
        say = self.words.say
        subject = say("Ihr Termin bleibt am {when}", when=self._moment(visit.starts_at))
        return self._invitation(visit, subject, say("Ihr Termin bleibt, wie er war"), lead)

    def asked_to_move(self) -> Content:
        visit = self._visit()
        lead = self.words.say(
            "für Ihren Termin am {when} schlagen wir Ihnen eine andere Zeit vor: {asked}. Ihr Termin gilt weiter, bis "
            "Sie ihn verschieben. Das können Sie über den Link unten tun; Sie müssen es nicht.",
            when=self._moment(visit.starts_at),
            asked=self._asked(),
        )
        return self._question(visit, lead)

    def asked_for_another(self) -> Content:
        visit = self._visit()
        lead = self.words.say(
            "wir bitten Sie, für Ihren Termin am {when} eine andere Zeit zu wählen. Ihr Termin gilt weiter, bis "
            "Sie ihn verschieben. Das können Sie über den Link unten tun; Sie müssen es nicht.",
            when=self._moment(visit.starts_at),
        )
        return self._question(visit, lead)

    def _question(self, visit: Visit, lead: str) -> Content:
        say = self.words.say
        subject = say("Passt Ihnen eine andere Zeit? Ihr Termin am {when}", when=self._moment(visit.starts_at))
        return self._invitation(visit, subject, say("Passt Ihnen eine andere Zeit?"), lead)

    def asked_to_confirm(self) -> Content:
        say = self.words.say
        by = self._moment(self.draft.confirm_by) if self.draft.confirm_by else ""
        return Content(
            subject=say("Bitte bestätigen: Ihr Termin am {when}", when=self._asked()),
            heading=say("Bitte bestätigen Sie Ihren Termin"),
            name=line(self.guest.name),
            lead=say(
                "Ihr Platz ist festgehalten: {asked}. Bitte öffnen Sie bis {by} den Link unten und bestätigen Sie, "
                "dass Sie kommen. Sonst wird der Platz wieder frei. Haben Sie nicht gebucht, brauchen Sie nichts zu "
                "tun.",
                asked=self._asked(),
                by=by,
            ),
            facts=((say("Anliegen"), self._concerns()),),
            link=(
                say("Termin bestätigen"),
                self.house.confirm_page(self.draft.appointment, self.guest.confirm_token),
            ),
            notes=self._kept(),
        )

    def cancelled(self) -> Content:
        say, visit = self.words.say, self._visit()
        return Content(
            subject=say("Abgesagt: Ihr Termin am {when}", when=self._moment(visit.starts_at)),
            heading=say("Ihr Termin ist abgesagt"),
            name=line(self.guest.name),
            lead=say(
                "Ihr Termin am {when} findet nicht statt. Ihre Besuchsnummer gilt nicht mehr.",
                when=self._moment(visit.starts_at),
            ),
            place=self._place(visit),
            rows=self._rows(visit),
            link=self._anew(),
            notes=self._kept(),
        )

    def declined(self) -> Content:
        lead = self.words.say(
            "die Zeit, die Sie sich gewünscht haben ({asked}), ist leider nicht mehr frei. "
            "Sie haben damit keinen Termin.",
            asked=self._asked(),
        )
        return self._nothing(self.words.say("Ihr Wunschtermin ist leider vergeben"), lead)

    def expired(self) -> Content:
        lead = self.words.say(
            "wir konnten die Zeit, die Sie sich gewünscht haben ({asked}), nicht rechtzeitig bestätigen. "
            "Sie haben damit keinen Termin.",
            asked=self._asked(),
        )
        return self._nothing(self.words.say("Ihr Wunschtermin konnte nicht bestätigt werden"), lead)

    def not_confirmed(self) -> Content:
        # Somebody else may have typed this address.
        lead = self.words.say(
            "der Termin am {asked} wurde nicht rechtzeitig über den Link in unserer E-Mail bestätigt und ist wieder "
            "frei. Haben Sie nicht gebucht, brauchen Sie nichts zu tun.",
            asked=self._asked(),
        )
        return self._nothing(self.words.say("Der Termin wurde nicht bestätigt"), lead)

    def _invitation(self, visit: Visit, subject: str, heading: str, lead: str) -> Content:
        say = self.words.say
        return Content(
            subject=subject,
            heading=heading,
            name=line(self.guest.name),
            lead=lead,
            place=self._place(visit),
            facts=self._facts(visit),
            rows=self._rows(visit),
            documents=tuple(of(self.words, document) for document in visit.documents),
            number=self.draft.number or "",
            alternatives=self._alternatives(),
            link=(
                say("Termin ansehen, verschieben oder absagen"),
                self.house.page(self.draft.appointment, self.guest.manage_token),
            ),
            notes=(
                say("Der Link gilt nur für Sie: Wer ihn hat, kann Ihren Termin verschieben und absagen."),
                *self._kept(),
            ),
        )

    def _nothing(self, heading: str, lead: str) -> Content:
        return Content(
            subject=f"{heading}: {self._asked()}",
            heading=heading,
            name=line(self.guest.name),
            lead=lead,
            facts=((self.words.say("Anliegen"), self._concerns()),),
            alternatives=self._alternatives(),
            link=self._anew(),
            notes=self._kept(),
        )

    def _facts(self, visit: Visit) -> tuple[tuple[str, str], ...]:
        say, time = self.words.say, self.words.time
        start, end = self._local(visit.starts_at), self._local(visit.ends_at)
        when = say(
            "{day}, {start} bis {end} Uhr",
            day=self.words.day(start),
            start=time(start),
            end=time(end),
        )
        facts = [
            (say("Wann"), when),
            (say("Wo"), self._place(visit)),
            (say("Personen"), str(visit.party_size)),
        ]
        if visit.step_free:
            facts.append((say("Zugang"), say("stufenlos")))
        return tuple(facts)

    def _place(self, visit: Visit) -> str:
        """Name and address of the site."""
        site = self.house.site(visit.site)
        return ", ".join(part for part in (of(self.words, site.name), site.address) if part)

    def _rows(self, visit: Visit) -> tuple[Row, ...]:
        return tuple(self._row(stop) for stop in visit.stops)

    def _row(self, stop: Stop) -> Row:
        time = self.words.time(self._local(stop.starts_at))
        return Row(self.words.say("{time} Uhr", time=time), of(self.words, stop.concern), stop.room, stop.clerk)

    def _alternatives(self) -> tuple[str, ...]:
        return tuple(self._moment(at) for at in self.draft.alternatives)

    def _concerns(self) -> str:
        return " · ".join(of(self.words, concern) for concern in self.draft.concerns)

    def _anew(self) -> tuple[str, str]:
        return self.words.say("Einen neuen Termin suchen"), f"{self.house.public_url}/"

    def _kept(self) -> tuple[str, ...]:
        days = self.words.count(
            "Ihre Angaben löschen wir {n} Tag nach dem Termin.",
            "Ihre Angaben löschen wir {n} Tage nach dem Termin.",
            self.house.retention_days,
        )
        return (days, self.words.say("Diese Nachricht wurde automatisch verschickt."))

    def _visit(self) -> Visit:
        if self.draft.visit is None:
            raise KeyError(f"a letter of kind {self.draft.kind} needs a visit")
        return self.draft.visit

    def _asked(self) -> str:
        return self._moment(self.draft.asked_for) if self.draft.asked_for else ""

    def _moment(self, at: datetime) -> str:
        local = self._local(at)
        return self.words.say("{day} um {time} Uhr", day=self.words.day(local), time=self.words.time(local))

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.house.timezone)


PARTS: Mapping[str, Callable[[Writer], Content]] = {
    "confirmation": Writer.confirmation,
    "moved": Writer.moved,
    "move_declined": Writer.move_declined,
    "move_expired": Writer.move_expired,
    "asked_to_move": Writer.asked_to_move,
    "asked_for_another": Writer.asked_for_another,
    "asked_to_confirm": Writer.asked_to_confirm,
    "cancelled": Writer.cancelled,
    "declined": Writer.declined,
    "expired": Writer.expired,
    "not_confirmed": Writer.not_confirmed,
}
