"""Old stored versions lifted to new ones. There are none yet."""
