"""CityGML files of all kinds beside the model that they mean (issue 5: city model)."""

import io

import numpy as np
import pytest
from citygml_text import document, lod1_building, lod2_building

from twin.errors import InputError
from twin.model.citygml import read_citygml


def read(text):
    return read_citygml(io.BytesIO(text.encode()), "town.gml")


def test_a_solid_of_lod_1_comes_with_its_faces():
    model = read(document(lod1_building("B1", x=78000.0, y=457000.0)))
    (geometry,) = model.objects["B1"].geometries
    assert (geometry.kind, geometry.lod, geometry.surface_count) == ("Solid", "1", 6)
    assert len(geometry.points) == 8
    assert list(geometry.shell_ends) == [6]
    assert list(geometry.solid_ends) == [1]
    assert model.crs == "EPSG:7415"
    assert model.read == model.counts() == {"Building": 1}
    assert model.troubles == ()


def test_a_solid_that_links_to_boundary_surfaces_knows_roof_and_wall():
    model = read(document(lod2_building("B1")))
    (geometry,) = model.objects["B1"].geometries
    kinds = [geometry.surface_type(i) for i in range(6)]
    assert kinds == ["GroundSurface", *["WallSurface"] * 4, "RoofSurface"]
    roof = geometry.points[np.concatenate(geometry.rings(5))]
    assert set(roof[:, 2]) == {5.0}


def test_a_document_type_is_refused_in_one_line():
    text = document(lod1_building("B1")).replace(
        "<CityModel", '<!DOCTYPE x [<!ENTITY a "b">]>\n<CityModel', 1
    )
    with pytest.raises(InputError, match="document type") as error:
        read(text)
    assert "\n" not in str(error.value)
