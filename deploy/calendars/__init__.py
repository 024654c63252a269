"""What `foyer calendars` does: connecting, trying, looking at once."""
