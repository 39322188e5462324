"""Whether what we are told is fresh, complete and still true."""
