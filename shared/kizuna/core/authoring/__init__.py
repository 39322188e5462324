"""What authors may write beside finished templates: MJML, shared blocks, mail without a text part.

All of it is worked out when a workspace is read, and what is stored is a plain template: no function in AWS ever
compiles anything, and a mail looks today as it looked when it was approved.
"""
