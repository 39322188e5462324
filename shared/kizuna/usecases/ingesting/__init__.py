"""Events and files into golden records: whose they are, what they change, one guarded write a person."""
