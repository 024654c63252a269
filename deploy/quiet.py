"""Warnings that would only worry an operator."""

import warnings


def hush() -> None:
    """eventlet says at every start that it is in maintenance; the decision record on nameko says why it is here."""
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
