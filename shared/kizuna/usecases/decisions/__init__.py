"""May this person hear this now: asked, stored, asked again, and told to whoever wants to know why."""
