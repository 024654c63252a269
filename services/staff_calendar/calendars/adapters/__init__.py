"""One module per kind of calendar; each fits `port.Calendar`."""
