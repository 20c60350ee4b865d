"""The pure cores of the stock reports: what expires unsold, what moves, what matters. No database."""
