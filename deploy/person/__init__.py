"""What is held about one guest, and how it is forgotten: over all services, as the law wants it."""
