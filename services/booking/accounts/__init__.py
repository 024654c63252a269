"""Accounts of the people who work with Foyer: pure."""
