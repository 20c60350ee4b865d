"""What tills print: receipts and the reports of shifts, for a roll of 80 mm."""
