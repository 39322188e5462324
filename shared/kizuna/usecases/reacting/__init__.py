"""What follows a change or an alarm: who is woken, and what is brought up to date."""
