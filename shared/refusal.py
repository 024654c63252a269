"""What a broker has against us, in its own words, of the errors of py-amqp and of pika."""

REFUSES = "the message broker refuses"
"""How /health begins to tell it."""
LONGEST = 200
"""Characters of it that are shown."""
_ACCESS_REFUSED, _PRECONDITION_FAILED, _NOT_ALLOWED = 403, 406, 530


def refusal(error: BaseException) -> str:
    """Empty where the broker does not refuse, but is away. It names user, vhost and what was asked for, no password."""
    if getattr(error, "reply_code", 0) not in (_ACCESS_REFUSED, _PRECONDITION_FAILED, _NOT_ALLOWED):
        return ""
    return str(getattr(error, "reply_text", ""))[:LONGEST]
