"""Who may in: passwords, failed tries, sessions. Passwords and tries are kept beside the log."""
