"""What a person may ask for, and what is done for it.

asking    taken down        erasing, dropping    erased, and nothing brings them back
desk      over HTTP         exporting            everything about them, as one document
"""
