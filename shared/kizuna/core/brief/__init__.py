"""What to know before contacting somebody."""
