"""Accounts, for operations: `foyer account` calls this."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from marshmallow import Schema, fields, validate
from sqlalchemy import select
from werkzeug.wrappers import Request, Response

from services.booking.accounts.commands import CloseAccount, EndSessions, MakeToken, SetAccount
from services.booking.accounts.events import NAME, NAME_RULE, ROLES
from services.booking.projections import accounts
from services.booking.sign_in import door, passwords
from services.booking.sign_in.tables import FORGET_PASSWORD
from shared.fields import Key, Patterned
from shared.problems import Problem, json_response
from shared.sessions import LONGEST_TOKEN, Sessions, begin
from shared.web import api

OPERATIONS = ("operations",)


class AccountPath(Schema):
    """`account`: its name."""

    account = Patterned(NAME, NAME_RULE, required=True)


class AccountBody(Schema):
    told = "`person`: for a clerk, who needs it, the id in the calendar of the staff."

    roles = fields.List(fields.String(validate=validate.OneOf(ROLES)), required=True, validate=validate.Length(min=1))
    person = Key(load_default=None, allow_none=True)


class PasswordBody(Schema):
    password = fields.String(
        required=True,
        validate=validate.Length(max=1000),
        metadata={"minLength": passwords.SHORTEST, "maxLength": passwords.LONGEST},
    )


class AccountAnswer(Schema):
    account = fields.String()
    roles = fields.List(fields.String())
    person = fields.String(allow_none=True)
    open = fields.Boolean()


class AccountsAnswer(Schema):
    accounts = fields.List(fields.Nested(AccountAnswer))


class TokenAnswer(Schema):
    told = "The token is shown this once; it counts until then, or until the sessions of the account are ended."

    token = fields.String()
    until = fields.AwareDateTime(format="iso")


class AccountCalls:
    """Entrypoints of the service."""

    app: Any

    @api("GET", "/api/accounts", role=OPERATIONS, answer=AccountsAnswer, summary="All accounts")
    def accounts(self, request: Request) -> Response:
        return json_response({"accounts": listed(self.app)})

    @api(
        "PUT",
        "/api/accounts/<account>",
        path=AccountPath,
        role=OPERATIONS,
        body=AccountBody,
        answer=AccountAnswer,
        summary="Open an account, or change what it may",
    )
    def set_account(self, request: Any, account: str, body: dict[str, Any]) -> Response:
        order = SetAccount(str(uuid4()), self.app.clock(), account, tuple(body["roles"]), body["person"])
        self.app.handle(order, cause=request.cause)
        return json_response(one(self.app, account))

    @api(
        "DELETE",
        "/api/accounts/<account>",
        path=AccountPath,
        role=OPERATIONS,
        status=204,
        summary="Close an account, ending sessions",
    )
    def close_account(self, request: Any, account: str) -> Response:
        order = CloseAccount(str(uuid4()), self.app.clock(), account)
        self.app.handle(order, cause=request.cause, writes=[(FORGET_PASSWORD, {"b_account": account})])
        return Response(status=204)

    @api(
        "PUT",
        "/api/accounts/<account>/password",
        path=AccountPath,
        role=OPERATIONS,
        body=PasswordBody,
        status=204,
        summary="Set the password, ending sessions",
    )
    def set_password(self, request: Any, account: str, body: dict[str, Any]) -> Response:
        door.set_password(self.app, account, body["password"], request.cause)
        return Response(status=204)

    @api(
        "DELETE",
        "/api/accounts/<account>/sessions",
        path=AccountPath,
        role=OPERATIONS,
        status=204,
        summary="End sessions and tokens",
    )
    def end_sessions(self, request: Any, account: str) -> Response:
        self.app.handle(EndSessions(str(uuid4()), self.app.clock(), account), cause=request.cause)
        return Response(status=204)

    @api(
        "POST",
        "/api/accounts/<account>/token",
        path=AccountPath,
        role=OPERATIONS,
        answer=TokenAnswer,
        status=201,
        summary="Make a token for a program",
    )
    def make_token(self, request: Any, account: str) -> Response:
        now, state = self.app.clock(), self.app.state(f"account-{account}")
        token = begin(account, state.roles, now, person=state.person, token=True)
        self.app.handle(MakeToken(str(uuid4()), now, account, token.id), cause=request.cause)
        sealed = Sessions(self.app.settings.secret).sealed(token)
        return json_response({"token": sealed, "until": now + LONGEST_TOKEN}, 201)


def listed(app: Any) -> Sequence[dict[str, Any]]:
    """By name."""
    with app.read() as connection:
        rows = connection.execute(select(accounts).order_by(accounts.c.account)).all()
    return [
        {"account": row.account, "roles": row.roles.split(), "person": row.person, "open": row.open} for row in rows
    ]


def one(app: Any, account: str) -> dict[str, Any]:
    """As the log has it. Raises Problem."""
    state = app.state(f"account-{account}")
    if not state.known:
        raise Problem(404, "There is no such account", kind="/problems/unknown_account")
    return {"account": account, "roles": list(state.roles), "person": state.person, "open": state.open}
