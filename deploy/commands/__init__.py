"""One module per command of `foyer`."""
