"""Two profiles become one person, and one becomes two again."""
