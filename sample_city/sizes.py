"""The three sizes of the sample city and what they hold, as one table."""

from dataclasses import dataclass

from twin.errors import InputError


@dataclass(frozen=True)
class Size:
    """How large a sample city is, and how its landscape is drawn.

    Lengths are in metres; positions across the city are shares of its edge. `hill_noise` is
    octaves and gain; `settled` the density of settlement in general, its unevenness, and what
    the centre adds; `street_limit` the level above which there is no street.
    """

    name: str
    cells: int
    cell_size: float
    river_position: float
    river_half_width: float
    river_depth: float
    meanders: tuple
    basin_share: float
    hill_start: float
    hill_height: float
    hill_noise: tuple
    settled: tuple
    street_limit: float
    warps: tuple
    street_spacing: tuple
    rails: tuple
    canals: tuple
    canal_spacing: float
    motorway_every: int
    districts: tuple
    sensors: dict
    flood_spots: int
    rain_cell: float
    storm_radius: float
    base_inflow: float
    peak_inflow: float
    inlets_per_street: int
    tile: int = 1024

    @property
    def edge(self):
        """Edge of the square city [m]."""
        return self.cells * self.cell_size


SIZES = {
    size.name: size
    for size in (
        Size(
            name="small",
            cells=250,
            cell_size=4.0,
            river_position=0.17,
            river_half_width=20.0,
            river_depth=3.2,
            meanders=((34.0, 640.0), (8.0, 270.0)),
            basin_share=0.48,
            hill_start=0.57,
            hill_height=60.0,
            hill_noise=(5, 0.42),
            settled=(0.72, 0.16, 0.4),
            street_limit=14.0,
            warps=((24.0, 420.0),),
            street_spacing=(79.0, 46.0),
            rails=(0.62,),
            canals=(0.44,),
            canal_spacing=900.0,
            motorway_every=0,
            districts=(2, 2),
            sensors={"rain_gauge": 6, "river_level": 3, "sewer_level": 8, "road_flood": 12},
            flood_spots=24,
            rain_cell=100.0,
            storm_radius=900.0,
            base_inflow=6.0,
            peak_inflow=110.0,
            inlets_per_street=3,
        ),
        Size(
            name="district",
            cells=1000,
            cell_size=5.0,
            river_position=0.37,
            river_half_width=48.0,
            river_depth=4.2,
            meanders=((230.0, 2900.0), (45.0, 1150.0)),
            basin_share=0.30,
            hill_start=0.36,
            hill_height=260.0,
            hill_noise=(6, 0.45),
            settled=(0.66, 0.36, 0.4),
            street_limit=30.0,
            warps=((115.0, 2100.0), (44.0, 600.0)),
            street_spacing=(92.0, 63.0),
            rails=(0.62,),
            canals=(0.16, 0.52),
            canal_spacing=1900.0,
            motorway_every=30,
            districts=(3, 3),
            sensors={"rain_gauge": 16, "river_level": 6, "sewer_level": 40, "road_flood": 60},
            flood_spots=120,
            rain_cell=250.0,
            storm_radius=2600.0,
            base_inflow=45.0,
            peak_inflow=700.0,
            inlets_per_street=3,
        ),
        Size(
            name="metro",
            cells=9062,
            cell_size=5.0,
            river_position=0.45,
            river_half_width=150.0,
            river_depth=6.5,
            meanders=((1500.0, 19000.0), (260.0, 6400.0)),
            basin_share=0.15,
            hill_start=0.22,
            hill_height=1100.0,
            hill_noise=(8, 0.5),
            settled=(0.20, 0.75, 0.62),
            street_limit=45.0,
            warps=((520.0, 13000.0), (115.0, 2100.0), (44.0, 600.0)),
            street_spacing=(92.0, 63.0),
            rails=(0.32, 0.53, 0.62),
            canals=(0.26, 0.30, 0.36, 0.50, 0.56, 0.60, 0.66),
            canal_spacing=3600.0,
            motorway_every=45,
            districts=(6, 5),
            sensors={"rain_gauge": 60, "river_level": 15, "sewer_level": 143, "road_flood": 155},
            flood_spots=852,
            rain_cell=500.0,
            storm_radius=7000.0,
            base_inflow=180.0,
            peak_inflow=2400.0,
            inlets_per_street=1,
        ),
    )
}
"""Size by name: small (1 km2), district (25 km2), metro (2,053 km2)."""


def size_of(name):
    """Size of a name.

    Raises
    ------
    InputError
        There is no such size.
    """
    if name not in SIZES:
        raise InputError(
            f"sample city of size {name!r}, expected one of {', '.join(SIZES)}; choose one of them"
        )
    return SIZES[name]
