"""Parameters learned from past events, in shadow until they prove better."""
