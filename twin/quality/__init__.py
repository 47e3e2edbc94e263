"""Which readings may be believed: tests, their rules, verdicts and faults found in them."""
