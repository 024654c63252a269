"""Warnings that would only worry an operator."""

import warnings


def hush() -> None:
    """eventlet says at every start that it is in maintenance; nameko runs on it."""
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
