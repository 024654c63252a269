"""Acceptance cases of other booking systems, run through the proposal engine."""
