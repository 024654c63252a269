"""Composing letters: draft and guest in, `email.message.EmailMessage` out. Pure: no clock, no network."""
