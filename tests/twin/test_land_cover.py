"""Land cover classes become terrain fields, and hostile tables are refused."""

import numpy as np
import pytest

from twin.errors import InputError, MissingError
from twin.fields import FIELDS
from twin.land_cover import DEFAULT_TABLE, read_table, terrain_of_cover

WORLDCOVER = {10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100, "default"}
HEADER = "code,name,manning,imperviousness,infiltration_mm_h,drain_mm_h\n"


def test_the_default_table_has_all_classes_of_worldcover():
    assert set(read_table()) == WORLDCOVER


def test_each_cell_gets_the_values_of_its_class():
    codes = np.array([[10, 50], [80, 10]])
    fields, unknown = terrain_of_cover(codes, read_table())
    np.testing.assert_allclose(fields["manning"], [[0.1, 0.03], [0.03, 0.1]])
    np.testing.assert_allclose(fields["infiltration_rate"][0, 0], 6e-3 / 3600)
    assert unknown == {} and "drain_capacity" not in fields
    for name, values in fields.items():
        assert values.min() >= FIELDS[name].minimum and values.max() <= FIELDS[name].maximum


def test_a_class_that_is_not_listed_gets_the_default_and_is_counted():
    table = read_table()
    fields, unknown = terrain_of_cover(np.array([[7, 7, 10]]), table)
    assert unknown == {7: 2}
    assert fields["manning"][0, 0] == np.float32(table["default"].manning)


def test_drains_come_with_a_table_that_knows_them(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(HEADER + "50,city,0.03,0.7,4,36\ndefault,other,0.04,0.3,4,\n")
    fields, _ = terrain_of_cover(np.array([[50, 1]]), read_table(path))
    np.testing.assert_allclose(fields["drain_capacity"], [[1e-5, 0]])


@pytest.mark.parametrize(
    "rows, message",
    [
        ("50,city,0.03,0.7,4,\n", "no row with code default"),
        ("default,x,0,0,0,\n", "manning = '0', expected a number from 0.001 to 1"),
        ("default,x,-0.03,0,0,\n", "manning = '-0.03'"),
        ("default,x,nan,0,0,\n", "manning = 'nan'"),
        ("default,x,inf,0,0,\n", "manning = 'inf'"),
        ("default,x,0.03,70,0,\n", "imperviousness = '70', expected a number from 0 to 1"),
        ("default,x,0.03,0,1e9,\n", "infiltration_mm_h = '1e9'"),
        ("default,x,0.03\n", "imperviousness = ''"),
        ("ten,x,0.03,0,0,\n", "code 'ten', expected a whole number"),
        ("1,x,0.03,0,0,\n1,y,0.03,0,0,\n", "line 3 repeats code 1"),
    ],
)
def test_a_hostile_table_is_named_by_its_line(tmp_path, rows, message):
    path = tmp_path / "table.csv"
    path.write_text(HEADER + rows)
    with pytest.raises(InputError, match=message) as caught:
        read_table(path)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_no_table_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no column code"):
        read_table(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_table(path)
    path.write_bytes(b"x" * 1_000_001)
    with pytest.raises(InputError, match="expected a table of classes"):
        read_table(path)
    with pytest.raises(MissingError, match="check the path"):
        read_table(tmp_path / "none.csv")
    assert DEFAULT_TABLE.is_file()
