"""Links that are followed on channels whose providers do not tell: our own token, and where it leads."""
