"""Reports on the shelves: what expires, what moves, what matters, what to order."""
