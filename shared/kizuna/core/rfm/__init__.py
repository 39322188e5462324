"""Recency, frequency, money: who the best customers are, and who is slipping away."""
