"""The ground as terrain tiles, and as a small grid."""
