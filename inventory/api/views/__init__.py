"""One domain call a method; permissions stand at the head of each view."""
