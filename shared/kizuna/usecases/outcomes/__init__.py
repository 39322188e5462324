"""What became of messages: reports taken in, harm watched for, brakes pulled and released."""
