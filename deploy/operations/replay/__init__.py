"""Giving a listener again what it was told before: selected from a log, sent at a measure, resumed after any end."""
