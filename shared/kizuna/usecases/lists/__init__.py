"""Lists that are kept by hand."""
