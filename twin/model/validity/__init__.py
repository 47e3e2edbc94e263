"""What is wrong in a city model, with the error codes of val3dity."""
