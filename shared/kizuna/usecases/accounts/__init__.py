"""Our account at the providers: what it may send (`quotas`), whom it sends nothing to (`reading`), and whom we send
nothing to (`telling`)."""
