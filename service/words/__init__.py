"""The command line: verbs and flags in, text for people out."""
