"""The rules of the state machine, one module for each part of the pharmacy."""
