"""Where the sun stands: azimuth and elevation at any time and place."""

from datetime import UTC, datetime, timedelta

import numpy as np

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_CENTURY = 36525.0


def solar_coordinates(time):
    """Declination of the sun and equation of time.

    Parameters
    ----------
    time : datetime.datetime
        UTC, aware or naive.

    Returns
    -------
    declination : float
        Apparent declination [degrees].
    equation_of_time : float
        Apparent less mean solar time [min].

    Notes
    -----
    Meeus (1998), *Astronomical Algorithms*, 2nd ed., chapter 25 (low accuracy, 0.01 degrees) and
    equation 28.3, as the calculator of NOAA's Global Monitoring Laboratory uses them. The
    difference between dynamical and universal time (about a minute) is left out: the sun moves
    0.00005 degrees along the ecliptic in it.

    Examples
    --------
    Meeus, example 25.a: declination -7.785 degrees; example 28.b: 13 min 42.7 s.

    >>> declination, equation = solar_coordinates(datetime(1992, 10, 13))
    >>> round(declination, 3), round(equation, 1)
    (-7.785, 13.7)
    """
    t = _days(time) / _CENTURY
    mean_longitude = 280.46646 + t * (36000.76983 + 0.0003032 * t)
    anomaly = np.radians(357.52911 + t * (35999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = (
        (1.914602 - t * (0.004817 + 0.000014 * t)) * np.sin(anomaly)
        + (0.019993 - 0.000101 * t) * np.sin(2 * anomaly)
        + 0.000289 * np.sin(3 * anomaly)
    )
    node = np.radians(125.04 - 1934.136 * t)
    longitude = np.radians(mean_longitude + centre - 0.00569 - 0.00478 * np.sin(node))
    obliquity = 23.439291 - t * (0.0130042 + t * (1.64e-7 - 5.04e-7 * t))
    obliquity = np.radians(obliquity + 0.00256 * np.cos(node))
    declination = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    y, mean = np.tan(obliquity / 2) ** 2, np.radians(mean_longitude)
    equation = (
        y * np.sin(2 * mean)
        - 2 * eccentricity * np.sin(anomaly)
        + 4 * eccentricity * y * np.sin(anomaly) * np.cos(2 * mean)
        - 0.5 * y**2 * np.sin(4 * mean)
        - 1.25 * eccentricity**2 * np.sin(2 * anomaly)
    )
    return float(np.degrees(declination)), float(4 * np.degrees(equation))


def solar_position(time, longitude, latitude):
    """Azimuth and elevation of the sun.

    Parameters
    ----------
    time : datetime.datetime
        UTC, aware or naive.
    longitude, latitude : float
        East and north [degrees].

    Returns
    -------
    azimuth, elevation : float
        Clockwise from north; above the horizon, without refraction [degrees].

    Notes
    -----
    Hour angle from true solar time, then spherical trigonometry (Meeus, equations 13.5, 13.6).
    Refraction, below 0.1 degrees from 10 degrees of elevation on, is left out.
    """
    declination, equation = solar_coordinates(time)
    minutes = 1440.0 * ((_days(time) + 0.5) % 1.0)
    hour_angle = np.radians((minutes + equation) / 4.0 + longitude - 180.0)
    declination, latitude = np.radians(declination), np.radians(latitude)
    south = np.cos(hour_angle) * np.sin(latitude) - np.tan(declination) * np.cos(latitude)
    azimuth = np.degrees(np.arctan2(np.sin(hour_angle), south)) + 180.0
    sine = np.sin(latitude) * np.sin(declination)
    sine += np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    return float(azimuth % 360.0), float(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))))


def sun_over_day(date, longitude, latitude, step_minutes=30.0):
    """Positions of the sun through one day of the place, by its mean solar time.

    Parameters
    ----------
    date : datetime.date
        Day at the place.
    longitude, latitude : float
        [degrees].
    step_minutes : float
        Between two positions; each stands for the interval around it.

    Returns
    -------
    hours : numpy.ndarray
        Mean solar time, shape (n,) [h].
    azimuth, elevation : numpy.ndarray
        Shape (n,) [degrees]; only those above the horizon are given.
    """
    count = round(1440.0 / step_minutes)
    hours = (np.arange(count) + 0.5) * 24.0 / count
    positions = np.array(
        [solar_position(_moment(date, hour, longitude), longitude, latitude) for hour in hours]
    )
    is_up = positions[:, 1] > 0
    return hours[is_up], positions[is_up, 0], positions[is_up, 1]


def sun_at(date, hour, longitude, latitude):
    """Azimuth and elevation at an hour of mean solar time of the place [degrees]."""
    return solar_position(_moment(date, hour, longitude), longitude, latitude)


def _moment(date, hour, longitude):
    midnight = datetime(date.year, date.month, date.day, tzinfo=UTC)
    return midnight + timedelta(hours=hour - longitude / 15.0)


def _days(time):
    """Days since noon of 1 January 2000."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - _J2000).total_seconds() / 86400.0
