"""The lake of events: written by Firehose, asked by Athena, rewritten where somebody is erased."""
