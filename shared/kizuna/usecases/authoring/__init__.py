"""A workspace as code, and templates looked at and tried before anybody gets them."""
