"""A formula means what it says, and nothing else can be reached through one."""

import numpy as np
import pytest

from hydrology.cases.expressions import DEEPEST, LONGEST, Expression, Words
from twin.errors import InputError

WORDS = Words({"g": 9.81}, {"bed": (np.array([0.0, 10.0]), np.array([1.0, 0.0]))})
X, Y = np.array([0.0, 2.0, 20.0]), np.array([[1.0], [-1.0]])


def value(text, **values):
    values = values or {"x": X, "y": Y}
    return Expression(text, WORDS, tuple(values)).evaluate(**values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 * x + y", 2 * X + Y),
        ("-x ** 2", -(X**2) + 0 * Y),
        ("where(x < 2 and y > 0, 1, g)", np.where((X < 2) & (Y > 0), 1, 9.81)),
        ("where(0 < x < 5, 1, 0)", np.where((X > 0) & (X < 5), 1, 0) + 0 * Y),
        ("(x > 1) + (y > 0)", 1.0 * (X > 1) + (Y > 0)),
        ("not x", 1.0 * (X == 0) + 0 * Y),
        ("max(x, y, 1)", np.maximum(np.maximum(X, Y), 1)),
        ("min(bed(x), 0.9)", np.minimum(np.interp(X, [0, 10], [1, 0]), 0.9) + 0 * Y),
        ("hypot(x, y) % 2", np.hypot(X, Y) % 2),
        ("sqrt(abs(y)) * sin(pi / 2)", np.ones((2, 3))),
        ("\n x\n + 1\n", X + 1 + 0 * Y),
        ("3", np.full((2, 3), 3.0)),
    ],
)
def test_a_formula_is_what_numpy_says(text, expected):
    result = value(text)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, expected)


def test_chance_is_the_same_for_the_same_seed():
    first, again, other = value("random(1)"), value("random(1)"), value("random(2)")
    assert (first == again).all()
    assert (first != other).all()
    assert ((first >= 0) & (first < 1)).all()
    assert len(np.unique(first)) == first.size


def test_a_power_of_a_power_ends_at_once():
    assert np.isinf(value("9**9**9**9")).all()
    assert np.isnan(value("(-8)**(1/3) + 0*x")).all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("__import__('os').system('true')", "a call that is none of a function"),
        ("__import__('os')", "calls '__import__'"),
        ("open('/etc/passwd')", "calls 'open'"),
        ("eval(x)", "calls 'eval'"),
        ("x.__class__", "a point"),
        ("(1).__class__.__bases__", "a point"),
        ("x[0]", "an index"),
        ("[1, 2]", "List"),
        ("{1: 2}", "Dict"),
        ("(1, 2)", "Tuple"),
        ("lambda: 1", "lambda"),
        ("1 if x else 2", "if"),
        ("[x for x in y]", "ListComp"),
        ("f'{x}'", "a text"),
        ("'x'", "'x'"),
        ("b'x'", "b'x'"),
        ("True", "True"),
        ("None", "None"),
        ("1j", "1j"),
        ("x @ y", "BinOp"),
        ("x // y", "BinOp"),
        ("x << 9", "BinOp"),
        ("~x", "UnaryOp"),
        ("x is y", "Compare"),
        ("x in y", "Compare"),
        ("(x := 1)", "NamedExpr"),
        ("where(*x)", "gives where 1 arguments, expected 3"),
        ("max(*x, *y)", "Starred"),
        ("max(x, y, key=abs)", "a call that is none of a function"),
        ("max(x)", "gives max 1 arguments, expected 2 or more"),
        ("sqrt()", "gives sqrt 0 arguments, expected 1"),
        ("sqrt", "has the name 'sqrt', expected one of x, y, g, pi"),
        ("bed", "has the name 'bed'"),
        ("g(1)", "calls 'g'"),
        ("bed(1, 2)", "gives bed 2 arguments"),
        ("t", "has the name 't'"),
        ("random(x)", "expected random(seed)"),
        ("random(-1)", "expected random(seed)"),
        ("random()", "expected random(seed)"),
        ("1e999", "a number beyond 1e300"),
        ("9" * 400, "a number beyond 1e300"),
        ("", "no formula"),
        ("x +", "no formula"),
        ("x; y", "no formula"),
        ("import os", "no formula"),
        ("x = 1", "no formula"),
        ("\0", "no formula"),
        ("(" * 300 + "1" + ")" * 300, "no formula"),
        ("-" * (LONGEST - 1) + "1", f"over {DEEPEST} deep"),
        ("abs(" * 150 + "1" + ")" * 150, f"over {DEEPEST} deep"),
        ("x" * (LONGEST + 1), f"{LONGEST + 1} letters long, expected at most {LONGEST}"),
    ],
)
def test_what_is_no_formula_is_one_line_that_names_it(text, says):
    with pytest.raises(InputError) as caught:
        value(text)
    line = str(caught.value)
    assert says in line
    assert "\n" not in line
    assert line.startswith("expression ")
    assert len(line) < 400


def test_chance_over_time_is_refused():
    with pytest.raises(InputError, match="random over time"):
        Expression("random(1) * t", WORDS, ("t",))
