"""Sending, the one side effect of this service: outside the decider, driven by timer rows, recorded by commands."""
