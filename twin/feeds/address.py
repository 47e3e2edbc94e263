"""What is wrong with where a source is, told from what is wrong with its answer."""

from twin.errors import InputError


class AddressError(InputError):
    """A source cannot be asked there: its address, its certificate, or where it leads."""
