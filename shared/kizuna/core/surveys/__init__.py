"""Questions that people are asked by a link, and what may be answered."""
