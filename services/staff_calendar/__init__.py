"""The clerks: what they can do, when they are open for appointments, and who holds which stop of a visit."""
