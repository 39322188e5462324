"""Templates, and what they become for one person."""
