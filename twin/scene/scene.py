"""The city in perspective, with water and coloured buildings, drawn without a window (PyVista)."""

import os
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from twin.errors import DeviceError
from twin.scene.buildings import building_mesh
from twin.scene.ground import Ground, blocks, ground_mesh, ground_of, water_mesh

PAPER = (18, 24, 30)
DRY_BUILDING = (176, 174, 168)
WET = 0.05
"""Depth from which water is shown [m]."""

_LIFT = 0.05  # metres that water lies over the ground, so that it is not lost in it
_PROBES = 3000  # points of each mesh that are looked at to fit them into the window
_FILL = 0.96  # of the window that the city takes
_MOST_EDGES = 20_000  # buildings, beyond which their edges are not drawn


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from.

    Parameters
    ----------
    bearing : float
        Where the camera looks to, clockwise from north [degrees].
    tilt : float
        How far it looks down from the horizon [degrees].
    zoom : float
        1 fits the whole city into the picture.
    exaggeration : float
        How many times heights are drawn.
    """

    bearing: float = 20.0
    tilt: float = 38.0
    zoom: float = 1.0
    exaggeration: float = 1.5


@dataclass(frozen=True)
class Scene:
    """A city that is ready to be drawn any number of times.

    Parameters
    ----------
    ground : twin.scene.ground.Ground
        The terrain.
    buildings : tuple of numpy.ndarray
        As `twin.scene.buildings.building_mesh`.
    """

    ground: Ground
    buildings: tuple = field(repr=False)

    @classmethod
    def of_city(cls, city):
        """Scene of a city."""
        return cls(ground_of(city), building_mesh(city))

    def draw(self, scale, depth=None, values=None, camera=None, size=(1600, 900), marks=()):
        """Draw one picture.

        Parameters
        ----------
        scale : tuple of (object, object)
            Colours of the water and of the buildings, as `tiles.colours.Scale`.
        depth : (y, x) array, optional
            Depth of the water on the cells of the city [m].
        values : (building,) array, optional
            What colours each row of the layer `buildings`, in SI units.
        camera : Camera, optional
            Where it is seen from.
        size : tuple of int
            Width and height [pixels].
        marks : sequence of (float, float)
            Places (x, y) whose pixels are wanted.

        Returns
        -------
        tuple of (numpy.ndarray, numpy.ndarray)
            Red, green and blue, uint8 of shape (height, width, 3); the pixel (column, row) over
            each mark, shape (mark, 2).

        Raises
        ------
        DeviceError
            This machine can draw nothing off the screen.
        """
        camera = camera or Camera()
        plotter = _plotter(size)
        try:
            centre = self._centre()
            self._add_ground(plotter, camera, centre)
            self._add_buildings(plotter, camera, centre, scale[1], values)
            if depth is not None:
                self._add_water(plotter, camera, centre, scale[0], depth)
            _look(plotter, camera)
            _fit(plotter, camera.zoom)
            pixels = np.array(plotter.screenshot(return_img=True))[..., :3]
            return pixels, self._on_screen(plotter, camera, centre, marks)
        finally:
            plotter.close()

    def _centre(self):
        grid = self.ground.grid
        west, south, east, north = grid.bounds
        return np.array([(west + east) / 2, (south + north) / 2, np.nanmin(self.ground.elevation)])

    def _add_ground(self, plotter, camera, centre):
        import pyvista

        points, places, squares = ground_mesh(self.ground)
        mesh = _mesh(points, squares, camera, centre)
        mesh.active_texture_coordinates = places
        image = pyvista.Texture(np.ascontiguousarray(self.ground.image))
        plotter.add_mesh(mesh, texture=image, smooth_shading=True, ambient=0.45, diffuse=0.7)

    def _add_buildings(self, plotter, camera, centre, scale, values):
        points, triangles, row = self.buildings
        if not len(triangles):
            return
        mesh = _mesh(points, triangles, camera, centre)
        colours = np.tile(np.array(DRY_BUILDING, "uint8"), (len(triangles), 1))
        if values is not None:
            step = scale.classify(values)[row]
            colours[step > 0] = scale.palette[step[step > 0], :3]
        mesh.cell_data["colour"] = colours
        plotter.add_mesh(mesh, scalars="colour", rgb=True, ambient=0.42, diffuse=0.7)
        if len(np.unique(row)) <= _MOST_EDGES:
            plotter.add_mesh(
                _mesh(*self._outlines, camera, centre, "lines"),
                color="#2a2d30",
                line_width=0.7,
                lighting=False,
            )

    @cached_property
    def _outlines(self):
        """Points and pairs of them where two walls or a wall and a roof of a building meet."""
        points, triangles, _ = self.buildings
        low = points.min(axis=0)
        mesh = _mesh(points, triangles, Camera(exaggeration=1.0), low)
        edges = mesh.clean().extract_feature_edges(25.0)
        return edges.points + low, edges.lines.reshape(-1, 3)[:, 1:]

    def _add_water(self, plotter, camera, centre, scale, depth):
        here = blocks(depth, self.ground.block, np.nanmax)
        points, squares, depths = water_mesh(self.ground, here, WET)
        if not len(squares):
            return
        points = points + [0, 0, _LIFT]
        mesh = _mesh(points, squares, camera, centre)
        mesh.cell_data["colour"] = scale.palette[scale.classify(depths), :3]
        plotter.add_mesh(mesh, scalars="colour", rgb=True, opacity=0.92, ambient=0.8, diffuse=0.25)

    def _on_screen(self, plotter, camera, centre, marks):
        """Pixels over places on the ground."""
        grid, elevation = self.ground.grid, self.ground.elevation
        found = np.zeros((len(marks), 2))
        for number, (x, y) in enumerate(marks):
            row = min(max(int((grid.y0 - y) / grid.cell_size), 0), grid.ny - 1)
            column = min(max(int((x - grid.x0) / grid.cell_size), 0), grid.nx - 1)
            z = np.nan_to_num(elevation[row, column], nan=centre[2])
            local = (np.array([x, y, z]) - centre) * [1, 1, camera.exaggeration]
            across, up = _display(plotter, local)
            found[number] = across, plotter.window_size[1] - up
        return found


def _plotter(size):
    """A plotter without a window."""
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    import pyvista

    try:
        plotter = pyvista.Plotter(off_screen=True, window_size=list(size), lighting="none")
        plotter.set_background([part / 255 for part in PAPER])
        plotter.enable_anti_aliasing("ssaa")
        return plotter
    except (RuntimeError, AttributeError, OSError) as error:
        reason = (str(error).splitlines() or [""])[0][:100]
        raise DeviceError(
            f"this machine draws nothing off the screen ({reason}), expected EGL or OSMesa; "
            "install libegl1 and libgl1-mesa-dri, or libosmesa6"
        ) from None


def _mesh(points, cells, camera, centre, kind="faces"):
    """Faces or lines of one number of corners, around the centre, with heights drawn larger."""
    import pyvista

    local = ((points - centre) * [1, 1, camera.exaggeration]).astype("f4")
    count = np.full((len(cells), 1), cells.shape[1])
    return pyvista.PolyData(local, **{kind: np.hstack([count, cells]).ravel()})


def _look(plotter, camera):
    """Set camera and sun; the sun stands to the left behind the camera."""
    import pyvista

    bearing, tilt = np.radians(camera.bearing), np.radians(camera.tilt)
    ahead = np.array(
        [np.sin(bearing) * np.cos(tilt), np.cos(bearing) * np.cos(tilt), -np.sin(tilt)]
    )
    plotter.camera.focal_point = (0, 0, 0)
    plotter.camera.position = tuple(-1000 * ahead)
    plotter.camera.up = (0, 0, 1)
    plotter.reset_camera()
    side = bearing - np.radians(120)
    sun = np.array([np.sin(side), np.cos(side), 1.1])
    light = pyvista.Light(position=tuple(1e5 * sun), focal_point=(0, 0, 0), intensity=0.95)
    light.positional = False
    plotter.add_light(light)
    fill = pyvista.Light(position=tuple(-1e5 * ahead), focal_point=(0, 0, 0), intensity=0.35)
    fill.positional = False
    plotter.add_light(fill)
    plotter.reset_camera_clipping_range()


def _fit(plotter, zoom):
    """Let what is drawn fill the window, and stand in its middle."""
    parts = [np.asarray(actor.mapper.dataset.points) for actor in plotter.actors.values()]
    corners = np.concatenate([part[:: 1 + len(part) // _PROBES] for part in parts])
    for _ in range(2):  # nearly linear: the second round takes what the first left
        seen = np.array([_display(plotter, corner) for corner in corners])
        size = np.array(plotter.window_size)
        plotter.camera.zoom(float((size / np.ptp(seen, axis=0)).min()) * _FILL)
        seen = np.array([_display(plotter, corner) for corner in corners])
        aside = 2 * ((seen.min(axis=0) + seen.max(axis=0)) / 2 - size / 2) / size
        before = plotter.camera.GetWindowCenter()
        plotter.camera.SetWindowCenter(before[0] + aside[0], before[1] + aside[1])
    plotter.camera.zoom(zoom)
    plotter.reset_camera_clipping_range()


def _display(plotter, point):
    """Column and row from below at which a point is drawn [pixels]."""
    renderer = plotter.renderer
    renderer.SetWorldPoint(*point, 1.0)
    renderer.WorldToDisplay()
    return np.array(renderer.GetDisplayPoint()[:2])
