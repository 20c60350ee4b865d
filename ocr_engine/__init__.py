"""The reference engine: a small service of its own that reads documents. It shares a contract with the pharmacy, no code."""
