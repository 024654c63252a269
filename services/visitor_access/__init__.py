"""The entrance: who is expected, who is in the house, who has left."""
