"""Names of reference systems in CityGML, and which axis comes first (issue 5: vertical datum)."""

import pytest

from twin.model.citygml.crs import epsg_codes, find_placement

SPELLINGS = {
    "urn:ogc:def:crs:EPSG::6697": ["6697"],
    "urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783": ["25832", "5783"],
    "urn:ogc:def:crs,crs:EPSG:6.12:31467,crs:EPSG:6.12:5783": ["31467", "5783"],
    "http://www.opengis.net/def/crs/EPSG/0/6697": ["6697"],
    "https://www.opengis.net/def/crs/EPSG/9.9.1/7415": ["7415"],
    "http://www.opengis.net/gml/srs/epsg.xml#4326": ["4326"],
    "http://www.opengis.net/def/crs-compound?1=http://www.opengis.net/def/crs/EPSG/0/25832&2="
    "http://www.opengis.net/def/crs/EPSG/0/7837": ["25832", "7837"],
    "EPSG:28992": ["28992"],
    "epsg:25832+7837": ["25832", "7837"],
    "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH": ["25832", "7837"],
    "urn:adv:crs:ETRS89_UTM33*DE_DHHN92_NH*GCG2016": ["25833", "5783"],
    "urn:adv:crs:DE_DHDN_3GK4*DE_DHHN92_NH": ["31468", "5783"],
    "urn:adv:crs:DE_SOMETHING": [],
    "local": [],
}


@pytest.mark.parametrize(("name", "codes"), SPELLINGS.items())
def test_codes_are_found_in_all_spellings(name, codes):
    assert epsg_codes(name) == codes


ORDERS = [
    ("urn:ogc:def:crs:EPSG::6697", (35.6, 139.7), "EPSG:6697", True),
    ("urn:ogc:def:crs:EPSG::6697", (139.7, 35.6), "EPSG:6697", False),
    ("urn:ogc:def:crs:EPSG::6697", None, "EPSG:6697", True),
    ("EPSG:31467", (3451262.25, 5429191.75), "EPSG:31467", False),
    ("urn:ogc:def:crs:EPSG::31467", (5429191.75, 3451262.25), "EPSG:31467", True),
    ("urn:ogc:def:crs:EPSG::31467", (3451262.25, 5429191.75), "EPSG:31467", False),
    ("http://www.opengis.net/def/crs/EPSG/0/10169", (157000, 21600), "EPSG:10169", True),
    ("EPSG:7415", (78248, 457604), "EPSG:7415", False),
    ("urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5109", None, "EPSG:28992", False),
    ("urn:ogc:def:crs:OGC:1.3:CRS84", None, "OGC:CRS84", False),
    ("EPSG:99999", (1, 2), None, False),
]


@pytest.mark.parametrize(("name", "corner", "crs", "is_swapped"), ORDERS)
def test_the_place_decides_which_axis_comes_first(name, corner, crs, is_swapped):
    placement = find_placement(name, corner)
    assert (placement.crs, placement.is_swapped) == (crs, is_swapped)
