"""A changed city as a small list of edits on a base."""
