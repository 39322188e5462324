"""Journeys: what they are, how a person walks one, and what is counted of everybody together."""
