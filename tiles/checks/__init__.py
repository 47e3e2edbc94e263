"""What is wrong in tiles: each rule that ours promise to keep."""
