"""The forecast cycle, from frozen inputs to a published run."""
