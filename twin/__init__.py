"""The city as data: what is there, and what is known about it now.

Import the module that carries the concept: `twin.city`, `twin.terrain`, `twin.fields`.
This package itself imports nothing heavy.
"""
