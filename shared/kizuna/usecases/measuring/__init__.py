"""What became of messages: noted as it happens, and told as a report."""
