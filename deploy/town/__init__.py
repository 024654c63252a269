"""The town that Foyer is tried with, and the file in which a town keeps its catalogue of concerns."""
