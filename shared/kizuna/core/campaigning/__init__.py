"""Campaigns on their way to many people: may a run begin, what will it cost, and who would hear of it."""
