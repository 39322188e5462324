"""What members of staff do for a campaign: tasks taken and done."""
