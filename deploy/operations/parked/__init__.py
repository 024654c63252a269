"""Messages that could not be applied: looked at, tried again, edited, discarded. The running service does it itself."""
