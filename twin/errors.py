"""Whose fault it is: the errors that reach a user, each with one clear line.

A message says what came, what was expected and what to do.
"""


class TwinError(Exception):
    """Any error that Floodtwin raises on purpose."""


class InputError(TwinError, ValueError):
    """What came in is wrong: a file, a value, a unit, a reference system."""


class MissingError(TwinError, LookupError):
    """What was asked for is not there: a file, a city, a run, a layer."""


class UnstableError(TwinError, ArithmeticError):
    """A simulation left the range in which its numbers mean anything."""


class DeviceError(TwinError, RuntimeError):
    """The machine cannot do it: no GPU, a full disk, a port in use."""
