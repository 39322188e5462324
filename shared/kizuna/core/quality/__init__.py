"""Whether what we are told is as agreed, fresh, and still true."""
