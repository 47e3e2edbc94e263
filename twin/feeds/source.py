"""What is known about a source of readings before its first byte arrives."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SourceSpec:
    """The contract with one source: cadence, units, sentinels, zone, licence.

    Parameters
    ----------
    name : str
        Key in the registry and `source_id` of its readings.
    title : str
        Name for people.
    cadence_seconds : float
        Time between two readings of one station [s].
    timezone : str
        IANA zone of times that carry no offset.
    units : dict
        ``property -> {unit as sent: factor to SI}``. What is not listed is rejected.
    gross_range : dict
        ``property -> (lowest, highest)`` believable value [SI]; outside gets flag 4.
    licence : str
        Terms under which the source gives its readings.
    sentinels : dict
        ``number as sent -> (value [SI], flag)``. A table for each source, never a
        common one: -98 means "no rain" in one feed and "in repair" in another.
    words : dict
        ``text as sent -> (value [SI], flag)``.
    allowed_skew_seconds : float
        How far a clock may run ahead before a reading counts as from the future [s].
    """

    name: str
    title: str
    cadence_seconds: float
    timezone: str
    units: dict
    gross_range: dict
    licence: str
    sentinels: dict = field(default_factory=dict)
    words: dict = field(default_factory=dict)
    allowed_skew_seconds: float = 600.0
