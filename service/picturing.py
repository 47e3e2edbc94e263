"""The verb `picture`: the city in perspective with the water of a run, for reports."""

import json
import time as clock
from pathlib import Path

import numpy as np

from service.words.progress import Progress
from twin.errors import InputError

ENDINGS = {"view": (".png",), "strip": (".png",), "animation": (".webp", ".gif")}

_SIZES = {"view": (1440, 860), "strip": (660, 470), "animation": (1000, 620)}
_MOST_FRAMES = 48
_FRAME_MILLISECONDS, _LAST_MILLISECONDS = 450, 2500
_NAMED = 5
_FIELDS = {"depth": "water_depth", "hazard": "max_hazard", "arrival": "arrival_time"}
_TITLES = {
    "depth": "Water and depth at buildings",
    "hazard": "Largest depth x speed at buildings",
    "arrival": "Water reaches buildings after",
}
_UNPAINTED = {"depth": "dry", "hazard": "less, or dry", "arrival": "not reached"}


def picture(
    *, city, out, run="latest", time=None, kind="view", colour="depth", bearing=20.0, quiet=False
):
    """Draw the city with the water of a run.

    Parameters
    ----------
    city : path-like
        Folder of the city.
    out : path-like
        File to write: .png, or .webp or .gif for an animation.
    run : str
        Id of a run of the city, ``"latest"``, ``"current"``, or the folder of a run.
    time : str, optional
        Moment of a view, UTC unless it says otherwise; default the wettest.
    kind : {"view", "strip", "animation"}
        One moment, three side by side, or all.
    colour : {"depth", "hazard", "arrival"}
        What colours the buildings.
    bearing : float
        Where the camera looks to, clockwise from north [degrees].
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    dict
        ``file``, ``kind``, ``run``, ``times``, ``pixels`` (width, height), ``bytes``, ``seconds``.

    Raises
    ------
    MissingError
        There is no such city or run.
    InputError
        The moment lies outside of the run, the ending is wrong, or run and city do not fit.
    DeviceError
        This machine draws nothing off the screen, or the disk is full.
    """
    from service.disk import full_disk_is_named, require_writable
    from twin.city import open_city
    from twin.scene.scene import Camera, Scene
    from twin.state.run_water import RunWater

    out, began = _require_ending(out, kind), clock.perf_counter()
    opened = open_city(city)
    found = _find_run(opened, run)
    water = RunWater(found.folder, found.manifest)
    _require_fit(opened, water)
    require_writable(out.parent)
    steps = _steps(opened, water, kind, time)
    pages = _Pages(opened, found, water, Scene.of_city(opened), colour, Camera(bearing=bearing))
    size = _SIZES[kind]
    with Progress(f"{kind} of {opened.name}", wanted=not quiet) as progress:
        if kind == "animation":
            images = []
            for number, step in enumerate(steps):
                images.append(pages.page([step], size))
                progress(number + 1, len(steps))
        else:
            images = [pages.page(steps, size)]
    with full_disk_is_named(out.parent):
        _save(images, out)
    return {
        "file": str(out),
        "kind": kind,
        "run": found.run_id,
        "times": [f"{water.times[step]}Z" for step in steps],
        "pixels": [images[0].shape[1], images[0].shape[0]],
        "bytes": out.stat().st_size,
        "seconds": round(clock.perf_counter() - began, 2),
    }


class _Pages:
    """Pages of one run."""

    def __init__(self, city, run, water, scene, colour, camera):
        from tiles.colours import scale_of

        self.city, self.run, self.water, self.scene = city, run, water, scene
        self.colour, self.camera = colour, camera
        self.scales = scale_of("water_depth"), scale_of(_FIELDS[colour])
        self.whole = None if colour == "depth" else _over_run(city, water, colour)
        self.marks = _hotspots(run.folder, city.crs)

    def page(self, steps, size):
        """One page with these moments side by side."""
        from twin.scene.page import compose

        pictures, places = [], []
        for step in steps:
            pixels, places = self.scene.draw(
                self.scales,
                self.water.depth(step),
                self._values(step),
                self.camera,
                size,
                [(x, y) for _, x, y in self.marks],
            )
            pictures.append(pixels)
        marks = []
        if len(steps) == 1:
            names = [name for name, _, _ in self.marks]
            marks = [(name, *place) for name, place in zip(names, places, strict=True)]
        captions = [self._moment(step) if len(steps) > 1 else "" for step in steps]
        words = self._text(steps), self._legends(), marks, _UNPAINTED[self.colour]
        return compose(pictures, captions, *words)

    def _values(self, step):
        """What colours the buildings at a moment, in SI units; None where nothing is known."""
        if self.whole is not None or self.water.building_depths is None:
            return self.whole
        return np.asarray(self.water.building_depths[step], float) / 1000

    def _legends(self):
        if self.colour == "depth":
            return [(_TITLES["depth"], self.scales[0])]
        return [("Water", self.scales[0]), (_TITLES[self.colour], self.scales[1])]

    def _moment(self, step):
        """A time, and how long after the first one it is."""
        minutes = (self.water.times[step] - self.water.times[0]) / np.timedelta64(1, "m")
        text = str(self.water.times[step]).replace("T", " ")[:16]
        return f"{text} UTC  (+{int(minutes) // 60} h {int(minutes) % 60:02d} min)"

    def _text(self, steps):
        from twin.scene.page import PageText

        manifest = self.run.manifest
        kind = "forecast, typical member" if self.water.is_forecast else manifest["kind"]
        when = [self._moment(steps[0])] if len(steps) == 1 else []
        issued = manifest.get("issue_time") or manifest["created"]
        lines = [*when, kind, f"issued {issued}", f"run {self.run.run_id}"]
        level = manifest.get("twin_level")
        return PageText(
            self.city.title,
            tuple([*lines, f"twin level {level}"] if level else lines),
            tuple(self._warnings()),
            f"Heights drawn {self.camera.exaggeration:g} times. Seen towards "
            f"{_compass(self.camera.bearing)}. Water below 5 cm and standing water of rivers and "
            f"ponds are not coloured. Model {manifest.get('model_version', 'unknown')}.",
        )

    def _warnings(self):
        from service.web.clock import Clock
        from service.web.freshness import holding

        state = holding(self.run, Clock())
        if state["exercise"]:
            yield "EXERCISE"
        if state["stale"]:
            yield "STALE FORECAST"
        if self.run.manifest["city"]["version"] != self.city.version:
            yield "CITY CHANGED SINCE"


def _compass(bearing):
    names = ("north", "north-east", "east", "south-east", "south", "south-west", "west")
    return (*names, "north-west")[round(bearing / 45) % 8]


def _require_ending(out, kind):
    path = Path(out)
    if path.suffix.lower() not in ENDINGS[kind]:
        raise InputError(
            f"--out is {path.name[:60]!r}, expected a file that ends in "
            f"{' or '.join(ENDINGS[kind])} for --kind {kind}; rename it"
        )
    return path


def _find_run(city, run):
    from service.runs import MANIFEST, RunStore, run_folder

    folder = Path(run)
    if (folder / MANIFEST).is_file():
        folder = folder.resolve()
        return RunStore(folder.parent).open(folder.name)
    return RunStore(run_folder(city.folder, city.name)).open(run)


def _require_fit(city, water):
    unlike = city.grid.unlike(water.grid)
    if unlike:
        raise InputError(
            f"run {water.run_id} has {unlike}, expected the cells of the city; name a run of it"
        )


def _steps(city, water, kind, time):
    """Frames to draw."""
    from service.utc import as_utc

    last = len(water.times) - 1
    if kind == "animation":
        return list(range(0, last + 1, -(-(last + 1) // _MOST_FRAMES)))
    if time is not None:
        step = water.step_at(np.datetime64(as_utc(time), "s"))
        if step is None:
            raise InputError(
                f"--time is {time}, expected one from {water.times[0]}Z to {water.times[-1]}Z; "
                "choose one of the run"
            )
        wettest = step
    else:
        wettest = _wettest(city, water)
    if kind == "view":
        return [wettest]
    middle = wettest if 0 < wettest < last else last // 2
    return sorted({0, middle, last})


def _wettest(city, water):
    """Frame with the most water on land."""
    land = np.isfinite(city.terrain["elevation"].values)
    if "initial_depth" in city.terrain_fields:
        land &= ~(city.terrain["initial_depth"].values > 0.05)
    volumes = [np.nansum(water.depth(step)[land]) for step in range(len(water.times))]
    return int(np.argmax(volumes))


def _over_run(city, water, colour):
    """A field over the whole run at each building; None where the run does not keep it."""
    from twin.exposure import building_rings

    field = water.whole(_FIELDS[colour])
    if field is None or not city.has_layer("buildings"):
        return None
    rings = building_rings(city.layer("buildings"), city.grid)
    return rings.deepest(field) if colour == "hazard" else -rings.deepest(-field)


def _hotspots(folder, crs):
    """Name and place of the first hotspots of a run."""
    from pyproj import Transformer

    path = folder / "hotspots.geojson"
    if not path.is_file():
        return []
    move = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    rows = json.loads(path.read_text(encoding="utf-8"))["features"][:_NAMED]
    rows = [row["properties"] for row in rows]
    return [(f"{r['rank']}  {r['place']}", *move.transform(r["lon"], r["lat"])) for r in rows]


def _save(images, out):
    """Write the file aside, then let it take its place."""
    from PIL import Image

    frames = [Image.fromarray(image) for image in images]
    aside = out.with_name(f".{out.stem}.part{out.suffix}")
    more = {}
    if len(frames) > 1:
        durations = [_FRAME_MILLISECONDS] * (len(frames) - 1) + [_LAST_MILLISECONDS]
        more = {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": 0}
    if out.suffix.lower() == ".webp":
        more |= {"quality": 82, "method": 4}
    try:
        frames[0].save(aside, **more)
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)
