"""Orders as a supplier reads them: text for a message, PDF for the file."""
