"""The revisions of the tables, and the way from one to the next."""
