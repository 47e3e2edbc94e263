"""Formulas that people write in a case file, evaluated over the cells and nothing else."""

import ast
import math
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from twin.errors import InputError

LONGEST = 1000
"""Letters of an expression at most."""

DEEPEST = 100
"""Operations inside of each other at most."""

_OPERATIONS = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
    ast.USub: np.negative,
    ast.UAdd: np.positive,
    ast.Not: np.logical_not,
    ast.And: np.logical_and,
    ast.Or: np.logical_or,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_FUNCTIONS = {
    **{name: (getattr(np, name), 1) for name in ("abs", "sqrt", "exp", "log", "floor", "ceil")},
    **{name: (getattr(np, name), 1) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "asin": (np.arcsin, 1),
    "acos": (np.arccos, 1),
    "atan": (np.arctan, 1),
    "atan2": (np.arctan2, 2),
    "hypot": (np.hypot, 2),
    "where": (np.where, 3),
}
_OF_MANY = {"min": np.minimum, "max": np.maximum}
_NUMBERS = {"pi": math.pi, "nan": math.nan, "inf": math.inf}
WORDS = {*_FUNCTIONS, *_OF_MANY, *_NUMBERS, "random", "x", "y", "z", "t"}
"""Names that mean something in every expression, so nothing else can be called by them."""


@dataclass(frozen=True)
class Words:
    """Names that a case file adds to those of every expression.

    Parameters
    ----------
    constants : dict of str to float
        Named numbers.
    profiles : dict of str to (arguments, values)
        Functions of one argument: linear between the rows, constant beyond; shapes (n,).
    """

    constants: dict = field(default_factory=dict)
    profiles: dict = field(default_factory=dict)


class Expression:
    """A formula as text, checked once, evaluated over arrays.

    Parameters
    ----------
    text : str
        Such as ``"where(x < 50, 2, 0.01 * y)"``: + - * / % ** and comparisons; and, or, not;
        where, min, max, abs, sqrt, exp, log, floor, ceil, hypot, the usual angles; pi;
        random(seed), uniform from 0 to 1; names of `words`.
    words : Words
        Constants and profiles of the case.
    variables : sequence of str
        Names that `evaluate` is given, such as ``("x", "y")``.

    Raises
    ------
    InputError
        It is no formula, too long or too deep, or holds a word that is not known.

    Notes
    -----
    The text is parsed by Python's own `ast` and walked node by node; only the kinds of nodes
    named here mean anything, so no attribute, index, import or call of anything else is reached.

    Examples
    --------
    >>> float(Expression("2 * x + max(y, 1)", Words(), ("x", "y")).evaluate(x=3.0, y=0.0))
    7.0
    """

    def __init__(self, text, words, variables):
        self.text = text
        self._words, self._variables = words, tuple(variables)
        if len(text) > LONGEST:
            raise self._refusal(f"is {len(text)} letters long", f"at most {LONGEST}", "shorten it")
        try:
            self._tree = ast.parse(" ".join(text.split()), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            reason = getattr(error, "msg", None) or type(error).__name__
            raise self._refusal(f"is no formula ({reason})", "such as 'x + 1'") from None
        self._check()

    def names(self):
        """Names that stand in it, the called ones too."""
        return {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)}

    def evaluate(self, **values):
        """Value over the arrays of the variables, float64 in their common shape.

        Parameters
        ----------
        **values : float or array
            One for each of the variables.
        """
        shape = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
        known = {**_NUMBERS, **self._words.constants, **values}
        with np.errstate(all="ignore"):
            result = self._value(self._tree, known, shape)
        return np.array(np.broadcast_to(result, shape), np.float64)

    def _check(self):
        """Walk all nodes without recursion, however deep they are; refuse what is not known."""
        waiting = [(self._tree, 1)]
        while waiting:
            node, depth = waiting.pop()
            if depth > DEEPEST:
                raise self._refusal(f"is over {DEEPEST} deep", "fewer steps", "use [constants]")
            parts = self._parts(node)
            waiting += [(part, depth + 1) for part in parts]

    def _parts(self, node):
        """The operands of one node that is allowed."""
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                if not abs(value) < 1e300:
                    raise self._refusal("has a number beyond 1e300", "smaller ones")
                return ()
            case ast.Name(id=name):
                self._require_variable(name)
                return ()
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATIONS:
                return (operand,)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
                return left, right
            case ast.BoolOp(values=parts):
                return parts
            case ast.Compare(left=left, ops=ops, comparators=others) if all(
                type(op) in _OPERATIONS for op in ops
            ):
                return left, *others
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                self._require_function(name, arguments)
                return arguments
        raise self._refusal(f"has {_word(node)}", "numbers, names, + - * / % ** and functions")

    def _require_variable(self, name):
        known = {*self._variables, *_NUMBERS, *self._words.constants}
        if name not in known:
            named = ", ".join([*self._variables, *self._words.constants, "pi"])[:120]
            raise self._refusal(f"has the name {name!r}", f"one of {named}", "correct the name")

    def _require_function(self, name, arguments):
        if name == "random":
            is_seed = len(arguments) == 1 and isinstance(arguments[0], ast.Constant)
            seed = arguments[0].value if is_seed else None
            if type(seed) is not int or not 0 <= seed < 2**32:
                raise self._refusal("calls random", "random(seed), a whole number from 0 on")
            if "t" in self._variables:
                raise self._refusal("calls random over time", "a formula of t")
        elif name in _OF_MANY:
            if len(arguments) < 2:
                raise self._refusal(f"gives {name} {len(arguments)} arguments", "2 or more")
        elif name in _FUNCTIONS or name in self._words.profiles:
            count = _FUNCTIONS[name][1] if name in _FUNCTIONS else 1
            if len(arguments) != count:
                raise self._refusal(f"gives {name} {len(arguments)} arguments", str(count))
        else:
            named = ", ".join([*_FUNCTIONS, *_OF_MANY, "random", *self._words.profiles])[:160]
            raise self._refusal(f"calls {name!r}", f"one of {named}", "correct the name")

    def _value(self, node, known, shape):
        """Value of one node that `_check` has let through."""

        def value(part):
            return self._value(part, known, shape)

        match node:
            case ast.Constant(value=number):
                return np.float64(number)
            case ast.Name(id=name):
                return known[name]
            case ast.UnaryOp(op=op, operand=operand):
                return _OPERATIONS[type(op)](_as_float(value(operand)))
            case ast.BinOp(left=left, op=op, right=right):
                return _OPERATIONS[type(op)](_as_float(value(left)), _as_float(value(right)))
            case ast.BoolOp(op=op, values=parts):
                return reduce(_OPERATIONS[type(op)], map(value, parts))
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [value(left), *map(value, others)]
                pairs = zip(ops, sides[:-1], sides[1:], strict=True)
                return reduce(np.logical_and, (_OPERATIONS[type(op)](a, b) for op, a, b in pairs))
        name = node.func.id
        if name == "random":
            return np.random.default_rng(node.args[0].value).random(shape)
        arguments = [value(argument) for argument in node.args]
        if name in _OF_MANY:
            return reduce(_OF_MANY[name], arguments)
        if name in _FUNCTIONS:
            return _FUNCTIONS[name][0](*arguments)
        return np.interp(arguments[0], *self._words.profiles[name])

    def _refusal(self, what, expected, advice="correct it"):
        shown = " ".join(self.text.split())
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        return InputError(f"expression {shown!r} {what}, expected {expected}; {advice}")


def _as_float(value):
    """A truth as 0 or 1, so that arithmetic with it means what it says."""
    return np.asarray(value, np.float64)


def _word(node):
    """What a node that is not allowed is, for people."""
    words = {
        ast.Attribute: "a point",
        ast.Subscript: "an index",
        ast.Call: "a call that is none of a function",
        ast.Lambda: "lambda",
        ast.IfExp: "if",
        ast.JoinedStr: "a text",
        ast.Constant: f"{getattr(node, 'value', None)!r:.20}",
    }
    return words.get(type(node), type(node).__name__)
