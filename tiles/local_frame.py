"""One frame for all 3D: metres east, north and up at the middle of a city; its place on Earth."""

import numpy as np
from pyproj import Transformer

from twin.datum import LONLAT_HEIGHT, geoid_height

ECEF = "EPSG:4978"


class LocalFrame:
    """East, north, up at the centre of a grid, as 3D Tiles and the 3D page use it.

    The plane touches the ellipsoid, so ground far from the centre lies below it: 0.5 m at 2.5 km.

    Parameters
    ----------
    grid : twin.grid.Grid
        Cells of the city.
    geoid : float
        Height of the zero of the city's heights over the ellipsoid [m].
    """

    def __init__(self, grid, geoid=0.0):
        self.grid = grid
        self.geoid = geoid
        self._to_lonlat = Transformer.from_crs(grid.crs, LONLAT_HEIGHT, always_xy=True)
        self._to_ecef = Transformer.from_crs(LONLAT_HEIGHT, ECEF, always_xy=True)
        west, south, east, north = grid.bounds
        x, y = (west + east) / 2, (south + north) / 2
        self.lon, self.lat = self._to_lonlat.transform(x, y)[:2]
        self._axes = _axes(np.radians(self.lon), np.radians(self.lat))
        self._centre = np.array(self._to_ecef.transform(self.lon, self.lat, geoid))

    @classmethod
    def of_city(cls, city):
        """Frame of a city, with its vertical datum."""
        return cls(city.grid, geoid_height(city)[0])

    @property
    def transform(self):
        """From the frame to Earth-centred metres, (4, 4); 3D Tiles take its transpose, flat."""
        matrix = np.eye(4)
        matrix[:3, :3] = self._axes.T
        matrix[:3, 3] = self._centre
        return matrix

    def from_city(self, points):
        """Points of the city in the frame.

        Parameters
        ----------
        points : (n, 3) array
            x, y in the CRS of the city, height in its vertical datum [m].

        Returns
        -------
        numpy.ndarray of float64
            East, north, up [m], shape (n, 3).
        """
        points = np.asarray(points, float)
        lon, lat = self._to_lonlat.transform(points[:, 0], points[:, 1])[:2]
        earth = self._to_ecef.transform(lon, lat, points[:, 2] + self.geoid)
        return (np.stack(earth, axis=1) - self._centre) @ self._axes.T

    def from_lonlat(self, points):
        """Longitude, latitude [degrees], height over the ellipsoid [m] to the frame, (n, 3)."""
        points = np.asarray(points, float)
        earth = self._to_ecef.transform(points[:, 0], points[:, 1], points[:, 2])
        return (np.stack(earth, axis=1) - self._centre) @ self._axes.T


def _axes(lon, lat):
    """Unit vectors east, north, up in Earth-centred axes, one a row."""
    sin_lon, cos_lon, sin_lat, cos_lat = np.sin(lon), np.cos(lon), np.sin(lat), np.cos(lat)
    return np.array(
        [
            [-sin_lon, cos_lon, 0.0],
            [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
            [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
        ]
    )
