"""The embedded stack: real PostgreSQL and Valkey from wheels, and the processes around them. No Django in it."""
