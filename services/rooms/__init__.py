"""The rooms: what is in them, when they are open, and which visit has which."""
