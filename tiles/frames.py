"""Water over time: each time step of a run as one picture in Web Mercator."""

from functools import cached_property

import numpy as np
import xarray as xr

from tiles.colours import scale_of
from tiles.mercator import corners_lonlat, mercator_grid, source_index
from tiles.png import encode_png
from twin.errors import InputError, MissingError
from twin.grid import Grid


class Frames:
    """The depth of one run, ready to be drawn step by step.

    Opening computes where each pixel lies in the grid; a frame is then one gather, one look-up
    of colours and one PNG.

    Parameters
    ----------
    path : path-like
        ``flood.zarr`` of a run.
    crs : str
        Reference system of its x and y.

    Raises
    ------
    MissingError
        There is no such store.
    InputError
        It is no flood of (time, y, x).
    """

    def __init__(self, path, crs):
        self._depth = _open_depth(path)
        self.grid = Grid.of(self._depth.to_dataset(name="depth").assign_attrs(crs=str(crs)))
        self.picture = mercator_grid(self.grid)
        self.scale = scale_of("water_depth")
        self._steps_of_millimetres = self.scale.classify(np.arange(65536) / 1000.0)

    @cached_property
    def _index(self):
        return source_index(self.grid, self.picture)

    @property
    def times(self):
        """Valid time of each frame, ISO 8601 in UTC."""
        stamps = self._depth["time"].values.astype("datetime64[s]")
        return [f"{stamp}Z" for stamp in stamps]

    @property
    def corners(self):
        """Corners of the picture as [lon, lat], clockwise from the north-west."""
        return corners_lonlat(self.picture)

    @property
    def size(self):
        """Width and height of the picture [pixels]."""
        return self.picture.nx, self.picture.ny

    def depth(self, index):
        """Depth of the water at one time [m], shape of the grid.

        Raises
        ------
        MissingError
            There is no such frame.
        """
        count = self._depth.sizes["time"]
        if not 0 <= index < count:
            raise MissingError(
                f"no frame {index}, expected 0 to {count - 1}; ask /frames for the times"
            )
        return self._depth[index].values

    def classes(self, index):
        """Colour step of each pixel of one frame, uint8, shape (height, width)."""
        depth = self.depth(index).reshape(-1)
        depth = np.fmax(depth.take(self._index, mode="clip"), 0.0)  # NaN (outside) becomes dry
        np.minimum(depth, 65.535, out=depth)
        # Floating dust must not lift 49.999 mm into the next step, so: round, not cut.
        steps = self._steps_of_millimetres[(depth * 1000.0 + 0.5).astype("uint16")]
        steps[self._index == self.grid.nx * self.grid.ny] = 0
        return steps

    def png(self, index):
        """One frame as PNG bytes."""
        return encode_png(self.classes(index), self.scale.palette)


def _open_depth(path):
    try:
        dataset = xr.open_zarr(path, chunks=None)
    except FileNotFoundError as error:
        raise MissingError(f"{path} is not there, expected the flood of a run; run it again") from (
            error
        )
    if "water_depth" not in dataset or dataset["water_depth"].dims != ("time", "y", "x"):
        raise InputError(
            f"{path} has {sorted(dataset.data_vars)}, expected water_depth over (time, y, x); "
            "write it with the products of a run"
        )
    return dataset["water_depth"]
