"""The whole entrance on both databases: messages in, list and events out."""

import pytest
from sqlalchemy import inspect, select, text

from services.visitor_access.projections import DAY_END, metadata
from services.visitor_access.web import entrance as web
from services.visitor_access.web.bodies import AccessListAnswer
from shared.app import Delivery
from shared.messages import CONTENT_TYPE
from shared.tables import events, held, subject_keys
from tests.visitor_access.entrance import Entrance
from tests.visitor_access.facts import at


def rows(entrance, query):
    with entrance.app.read() as connection:
        return connection.execute(query).all()


def types(entrance, stream="visit-a1"):
    query = select(events.c.type).where(events.c.stream == stream).order_by(events.c.version)
    return [row.type for row in rows(entrance, query)]


def test_migrations_make_the_tables_that_the_code_writes(entrance):
    """Columns, nullability and indexes agree with the metadata."""
    found = inspect(entrance.app.engine)
    for table in metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        indexes = {
            (index["name"], *index["column_names"], bool(index["unique"])) for index in found.get_indexes(table.name)
        }
        assert indexes == {(index.name, *index.columns.keys(), bool(index.unique)) for index in table.indexes}


def test_a_guest_is_listed_from_request_to_departure(entrance):
    """Announced without a pass, registered with one, arrived, left."""
    entrance.request()
    assert entrance.guest() == {
        "appointment": "a1",
        "name": "Ada Größe",
        "status": "announced",
        "pass": None,
        "party_size": 2,
        "site": "rathaus",
        "date": "2026-11-24",
        "starts_at": "2026-11-24T09:00:00+01:00",
        "ends_at": "2026-11-24T09:10:00+01:00",
        "stops": [],
        "arrived_at": None,
        "left_at": None,
        "left_assumed": False,
    }
    entrance.hear("AppointmentConfirmed")
    guest = entrance.guest()
    assert guest["status"] == "registered"
    assert guest["stops"] == [{"room": "Raum 101", "clerk": "J. Brinkmann"}]
    entrance.now = at("08:55:12")
    entrance.post(f"/api/visits/{guest['pass']}/arrival")
    assert (entrance.guest()["status"], entrance.guest()["arrived_at"]) == ("arrived", "2026-11-24T08:55:12+01:00")
    entrance.now = at("09:20")
    entrance.post(f"/api/visits/{guest['pass']}/departure")
    assert (entrance.guest()["status"], entrance.guest()["left_at"]) == ("left", "2026-11-24T09:20:00+01:00")
    assert types(entrance) == ["GuestAnnounced", "GuestRegistered", "GuestArrived", "GuestLeft"]
    assert types(entrance, f"pass-{guest['pass']}") == ["PassReserved"]


def test_the_list_is_what_its_schema_says(entrance):
    """The description in /openapi.json is no second truth."""
    entrance.register()
    assert AccessListAnswer().validate(entrance.list()) == {}


def test_the_list_is_of_one_day_and_site_in_order_of_time(entrance):
    """Whoever comes first stands first."""
    entrance.register("late", clock="14:00")
    entrance.register("early", clock="08:00")
    entrance.register("nord", clock="07:00", site="nord")
    entrance.register("next", day=25)
    assert [guest["appointment"] for guest in entrance.list()["guests"]] == ["nord", "early", "late"]
    assert [guest["appointment"] for guest in entrance.list(site="rathaus")["guests"]] == ["early", "late"]
    assert [guest["appointment"] for guest in entrance.list(date="2026-11-25")["guests"]] == ["next"]


def test_without_a_date_the_list_is_of_today_in_the_town(entrance):
    """Half past midnight in Gütersloh is still yesterday in UTC."""
    entrance.register()
    entrance.now = at("00:30")
    for path in ("/api/access-list", "/api/access-list?site=&date="):
        answer = entrance.get(path)
        assert (answer["date"], answer["site"], len(answer["guests"])) == ("2026-11-24", None, 1)


def test_removed_guests_are_counted_and_listed_on_request(entrance):
    """The desk sees at a glance who is not to come."""
    entrance.register()
    entrance.hear("AppointmentCancelled")
    assert entrance.list()["guests"] == []
    assert entrance.list()["counts"]["removed"] == 1
    assert entrance.list()["people"]["removed"] == 2
    assert [guest["status"] for guest in entrance.list(include="removed")["guests"]] == ["removed"]


def test_a_cancelled_guest_does_not_come_back_with_the_arrival_taken_back(entrance):
    """Neither on the list, nor as missed at the end of the day."""
    number = entrance.register()
    entrance.now = at("08:55")
    entrance.post(f"/api/visits/{number}/arrival")
    entrance.hear("AppointmentCancelled")
    assert entrance.guest()["status"] == "arrived"
    assert entrance.http.delete(f"/api/visits/{number}/arrival").json["status"] == "removed"
    assert entrance.list()["guests"] == []
    assert entrance.app.due(DAY_END) == []
    assert types(entrance)[-3:] == ["AppointmentEnded", "ArrivalUndone", "GuestRemoved"]


def test_a_moved_guest_is_listed_on_the_new_day_with_the_same_pass(entrance):
    """The old day knows nothing of it."""
    number = entrance.register()
    entrance.hear("AppointmentMoveRequested", attempt=2, day=25)
    assert [guest["status"] for guest in entrance.list()["guests"]] == ["registered"]
    entrance.hear("AppointmentMoved", attempt=2, day=25)
    assert entrance.list()["guests"] == []
    assert [guest["pass"] for guest in entrance.list(date="2026-11-25")["guests"]] == [number]


def test_at_the_end_of_the_day_the_house_is_empty(entrance):
    """Missed, or assumed to have left; whoever was moved to tomorrow is not touched."""
    for who in ("missed", "inside", "moved"):
        entrance.register(who)
    entrance.hear("AppointmentMoved", "moved", attempt=2, day=25)
    entrance.now = at("08:55")
    entrance.post("/api/visits/inside/arrival")
    entrance.now = at("23:59:59")
    entrance.end_days()
    assert entrance.list()["counts"]["arrived"] == 1
    entrance.now = at("00:00:01", 25)
    entrance.end_days()
    entrance.end_days()
    status = {who: entrance.guest(who)["status"] for who in ("missed", "inside", "moved")}
    assert status == {"missed": "missed", "inside": "left", "moved": "registered"}
    assert (entrance.guest("inside")["left_at"], entrance.guest("inside")["left_assumed"]) == (
        "2026-11-25T00:00:00+01:00",
        True,
    )
    assert entrance.app.due(DAY_END) == []


def test_an_arrival_brought_in_on_the_next_day_ends_at_once(entrance):
    """The guest was there, and is not in the house now."""
    number = entrance.register()
    entrance.now = at("08:00", 25)
    entrance.end_days()
    entrance.post(f"/api/visits/{number}/arrival", at="2026-11-24T08:55:00+01:00")
    entrance.end_days()
    assert (entrance.guest()["status"], entrance.guest()["left_assumed"]) == ("left", True)
    entrance.post(f"/api/visits/{number}/departure", at="2026-11-24T08:20:00Z")
    assert (entrance.guest()["left_at"], entrance.guest()["left_assumed"]) == ("2026-11-24T09:20:00+01:00", False)


def test_who_had_left_and_whose_arrival_is_taken_back_is_missed_when_the_day_is_over(entrance):
    """It was somebody else: the guest is expected again, until the end of the day."""
    number = entrance.register()
    entrance.now = at("08:55")
    entrance.post(f"/api/visits/{number}/arrival")
    entrance.post(f"/api/visits/{number}/departure")
    assert entrance.http.delete(f"/api/visits/{number}/arrival").json["status"] == "registered"
    entrance.now = at("00:00:01", 25)
    entrance.end_days()
    assert entrance.guest()["status"] == "missed"
    assert entrance.app.due(DAY_END) == []


def test_a_forgotten_guest_has_no_name_and_still_counts(entrance):
    """Key and token are gone, the numbers are the same."""
    entrance.register()
    before = entrance.list()
    entrance.hear("GuestForgotten")
    after = entrance.list()
    assert [guest["name"] for guest in before["guests"]] == ["Ada Größe"]
    assert [guest["name"] for guest in after["guests"]] == [None]
    assert (after["counts"], after["people"]) == (before["counts"], before["people"])
    assert [row.wrapped for row in rows(entrance, select(subject_keys))] == [None]
    assert [row.guest for row in rows(entrance, text("SELECT guest FROM visits"))] == [None]


def test_until_the_key_has_come_the_name_is_not_shown(entrance):
    """Keys travel apart from messages."""
    entrance.request(key=False)
    assert entrance.guest()["name"] is None


def test_a_page_is_told_of_whatever_it_shows(entrance, monkeypatch):
    """Names that come late, another clerk, who comes and goes; once each, and of nothing else."""
    monkeypatch.setattr(web, "LOOK_EVERY", 0)
    monkeypatch.setattr(web, "SIGN_OF_LIFE", 0)
    entrance.now = at("08:55")
    news = web._news(entrance.app, "rathaus")
    assert next(news) is None
    for change in (
        lambda: entrance.request(key=False),
        lambda: entrance.send_key("a1"),
        lambda: entrance.hear("AppointmentConfirmed"),
        lambda: entrance.hear("AppointmentReassigned"),
        lambda: entrance.post("/api/visits/a1/arrival"),
        lambda: entrance.hear("GuestForgotten"),
    ):
        change()
        assert [next(news), next(news)] == [("changed", None), None]
    entrance.register("a2", site="nord")
    entrance.register("a3", day=25)
    assert next(news) is None


def test_a_damaged_token_hides_one_name_only(entrance):
    """The list of the day must not fail for one guest."""
    entrance.register("a1")
    entrance.request("a2", name="Bo")
    entrance.request("a3", name="Cy")
    entrance.hear("AppointmentConfirmed", "a3")
    with entrance.app.engine.connect().execution_options(foyer_writing=True) as connection, connection.begin():
        connection.execute(text("UPDATE visits SET guest = replace(guest, 's1.a1', 's1.a2') WHERE appointment = 'a1'"))
    assert [guest["name"] for guest in entrance.list()["guests"]] == [None, "Bo", "Cy"]


def test_no_name_is_stored_in_plain(entrance):
    """The log, the messages and the list hold ciphertext only."""
    number = entrance.register(name="Wolfeschlegelstein")
    entrance.now = at("08:55")
    entrance.post(f"/api/visits/{number}/arrival")
    tables = inspect(entrance.app.engine).get_table_names()
    stored = "".join(str(rows(entrance, text(f"SELECT * FROM {table}"))) for table in tables)
    assert "visit-a1" in stored
    assert "Wolfeschlegelstein" not in stored
    assert "Wolfeschlegelstein" in entrance.http.get("/api/access-list?date=2026-11-24").text


def test_a_message_heard_twice_or_too_early_takes_effect_once_and_in_order(entrance):
    """Any order, any number."""
    other = Entrance(entrance.settings)
    bodies = [other.hear("AppointmentRequested", "a9"), other.hear("AppointmentConfirmed", "a9")]
    entrance.app.hear([Delivery(CONTENT_TYPE, each) for each in (*reversed(bodies), *bodies)])
    assert types(entrance, "visit-a9") == ["GuestAnnounced", "GuestRegistered"]


def test_a_message_that_cannot_be_taken_is_parked_and_stops_its_own_stream_only(entrance):
    """The successors wait behind it, the others go on."""
    entrance.request("bad", party_size="two")
    entrance.hear("AppointmentConfirmed", "bad")
    entrance.register("good")
    kept = {row.sequence: row.reason for row in rows(entrance, select(held))}
    assert kept == {0: "failed", 1: None}
    assert [guest["appointment"] for guest in entrance.list()["guests"]] == ["good"]


def test_what_is_said_is_numbered_without_holes(entrance):
    """Private events don't count."""
    number = entrance.register()
    entrance.now = at("08:55")
    entrance.post(f"/api/visits/{number}/arrival")
    entrance.http.delete(f"/api/visits/{number}/arrival")
    entrance.post(f"/api/visits/{number}/arrival")
    query = select(events.c.type, events.c.sequence).where(events.c.message.is_not(None)).order_by(events.c.id)
    assert [tuple(row) for row in rows(entrance, query)] == [
        ("GuestAnnounced", 0),
        ("GuestRegistered", 1),
        ("GuestArrived", 2),
        ("ArrivalUndone", 3),
        ("GuestArrived", 4),
    ]


@pytest.mark.parametrize("table", ["visits", "timers"])
def test_the_read_tables_are_rebuilt_from_the_log(entrance, table):
    """Projected again, every event leads to the same rows."""
    entrance.register("a1")
    entrance.register("a2", clock="11:00")
    entrance.hear("AppointmentMoved", "a2", attempt=2, day=25)
    entrance.register("a3")
    entrance.hear("AppointmentCancelled", "a3")
    entrance.hear("GuestForgotten", "a3")
    entrance.now = at("08:55")
    entrance.post("/api/visits/a1/arrival")
    everything = text(f"SELECT * FROM {table} ORDER BY 1, 2")
    before = rows(entrance, everything)
    replay(entrance, table)
    assert rows(entrance, everything) == before


def replay(entrance, table):
    app = entrance.app
    log = rows(entrance, select(events).order_by(events.c.id))
    with app.engine.connect().execution_options(foyer_writing=True) as connection, connection.begin():
        connection.execute(text(f"DELETE FROM {table}"))
        for row in log:
            for statement, parameters in app.definition.project(
                app.codec.load(row.type, row.schema_version, row.data), None
            ):
                connection.execute(statement, [parameters])
