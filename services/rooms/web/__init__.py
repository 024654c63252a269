"""The pages of rooms: what there is, when it is open, and what a change would affect."""
