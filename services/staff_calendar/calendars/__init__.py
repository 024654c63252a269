"""The calendars that clerks really use: read for busy times, written with appointments. See README.md."""
