"""What the logs of the five services must agree on, one module per kind of fact."""
