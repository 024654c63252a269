"""What the desk sees: the shapes of the HTTP calls."""
