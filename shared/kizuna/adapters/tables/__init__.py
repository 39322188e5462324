"""The tables in DynamoDB: a port each, their keys and codecs, and what all of them share."""
