"""One file for each revision. What stands here never changes: databases were made by it."""
