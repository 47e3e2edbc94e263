"""Speed, scale and accuracy, each with its peer or its physical limit beside it."""
