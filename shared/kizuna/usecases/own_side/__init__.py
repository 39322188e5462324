"""A person's own side: signed links, pages, answers to whoever asked, and the daily check that the way out works."""
