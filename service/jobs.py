"""What one run needs, from a city and a storm or from a case file, checked before any work."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from twin.errors import InputError
from twin.grid import Grid


@dataclass(frozen=True)
class Job:
    """All that one run needs.

    Parameters
    ----------
    case : hydrology.cases.case.Case
        What to compute; of a city too.
    version : str
        Of the city or the case.
    city : twin.city.City, optional
        The package, where there is one.
    resume : hydrology.solver.state.State, optional
        End of an earlier part of the same run.
    inputs : list of dict
        What went in, by hash, as the manifest lists it.
    kind : str
        Of the run, as the manifest names it.
    more : dict
        What else the manifest says.
    """

    case: object
    version: str
    city: object = None
    resume: object = None
    inputs: list = field(default_factory=list)
    kind: str = "simulate"
    more: dict = field(default_factory=dict)

    @property
    def grid(self):
        """Cells of the run."""
        return Grid.of(self.case.terrain)


def make_job(source, rain, losses, hours, options, rain_times=None, resume=None):
    """The job of a city package or a case file.

    Parameters
    ----------
    source : path-like
        Folder of a city package, or a case ``.toml``.
    rain, losses : str or None
        See `service.storm`; a case names its own.
    hours : float or None
        Length of the run [h].
    options : dict
        Settings of the solver; None leaves what the case or the solver says.
    rain_times : str or None
        What the times of a hyetograph CSV mean; None leaves what the case says, or guesses.
    resume : path-like or None
        State of an earlier run to go on from; None leaves what the case says.

    Returns
    -------
    Job

    Raises
    ------
    MissingError
        A file is not there.
    InputError
        Something that came in is wrong.
    """
    read = _job_of_case if Path(source).suffix == ".toml" else _job_of_city
    job = read(Path(source), rain, losses, hours, options, rain_times)
    if resume is None:
        return job
    from hydrology.solver.state import load_state

    state = load_state(resume)
    inputs = [*job.inputs, *_inputs({Path(resume).name: Path(resume)})]
    return replace(job, resume=state, inputs=inputs)


def _job_of_city(folder, rain, losses, hours, options, rain_times):
    from twin.city import open_city

    return job_of_city(open_city(folder), rain, losses, hours, options, rain_times)


def job_of_city(city, rain, losses, hours, options, rain_times=None):
    """The job of an open city, which may be one that a scenario edited; see `make_job`."""
    from hydrology.cases.case import Case
    from hydrology.rainfall.rainfall import add_losses
    from hydrology.solver.simulation import Settings
    from service.edge_water import boundaries_of, storm_series
    from service.storm import find_rain

    settings = Settings(**{name: value for name, value in options.items() if value is not None})
    storm = find_rain(rain, city, hours, rain_times)
    seconds = 3600.0 * hours if hours else storm.seconds
    terrain = add_losses(city.terrain, losses, seconds)
    elevation = terrain["elevation"].values
    files = {"city": city.folder / "city.toml", f"rain {storm.name}": storm.source}
    if losses is not None:
        files[f"losses {losses}"] = Path(losses) if Path(losses).is_file() else None
    case = Case(
        name=city.name,
        title=city.title,
        terrain=terrain,
        rainfall=storm.rainfall,
        seconds=seconds,
        start=storm.start,
        boundaries=tuple(
            boundaries_of(city, city.grid, elevation, storm.start, storm_series(city, storm.name))
        ),
        settings=settings,
    )
    return Job(case, city.version, city, inputs=_inputs(files))


def _job_of_case(path, rain, losses, hours, options, rain_times):
    from hydrology.cases.case import load_case
    from service.storm import digest

    if rain is not None or losses is not None:
        raise InputError(
            f"--rain or --losses was given with the case {path.name}, expected them in its tables "
            "[rain] and [losses]; change the case or import a city"
        )
    case = load_case(path, hours, rain_times, **options)
    return Job(case, digest(path)[:16], inputs=_inputs({file.name: file for file in case.files}))


def _inputs(files):
    from service.storm import digest

    return [
        {"name": name, "sha256": path and digest(path), "newest_time": None}
        for name, path in files.items()
    ]
