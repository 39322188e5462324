"""One sender a channel: its real request, and what each answer means."""
