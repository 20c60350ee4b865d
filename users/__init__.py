"""People and the organisation they work for."""
