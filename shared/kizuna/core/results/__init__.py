"""What became of a campaign's messages: what people did, counted once each."""
