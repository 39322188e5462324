"""One person found and shown whole, or everybody walked over."""
