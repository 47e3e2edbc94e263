"""The tests that a reading goes through, one bit each, and how their flags combine."""

from enum import IntFlag

import numpy as np

from twin.observations.store import FAIL, NOT_EVALUATED, PASS, SUSPECT


class Test(IntFlag):
    """Why a reading is not believed; `tests` of a verdict is the sum of these.

    The numbers are kept in stores: add new ones at the end and never change any.
    """

    __test__ = False  # pytest takes a class of this name for one of its own

    SOURCE = 1 << 0
    """The source or its adapter gave it a flag of 3 or 4; no other test looks at it."""
    TIMING = 1 << 1
    """Its time is after its own receipt: the clock of the sensor is wrong."""
    RANGE = 1 << 2
    CLIMATOLOGY = 1 << 3
    SPIKE = 1 << 4
    RATE = 1 << 5
    FLAT_LINE = 1 << 6
    ATTENUATED = 1 << 7
    STEP = 1 << 8
    DRIFT = 1 << 9
    BASELINE = 1 << 10
    """A depth that stands at its dry-weather offset: dry, but not at zero."""
    UNIT = 1 << 11
    """A value as if centimetres had been taken for metres, or the other way round."""
    FAULTY_ZERO = 1 << 12
    """No rain where it rained all around for long: a blocked gauge."""
    HIGH_INFLUX = 1 << 13
    """Much rain for long where none fell all around."""
    NEIGHBOURS = 1 << 14
    """A level that cannot be, next to those upstream or downstream."""


def test_names(bits):
    """Names of the tests in a bitset, for people.

    Parameters
    ----------
    bits : int

    Returns
    -------
    list of str

    Examples
    --------
    >>> test_names(Test.SPIKE | Test.STEP)
    ['spike', 'step']
    """
    return [test.name.lower() for test in Test if int(bits) & test]


test_names.__test__ = False


def combine(results):
    """Flag and tests of each reading from the flags of the single tests.

    Parameters
    ----------
    results : dict
        `Test` -> (n,) array of flags: 1 passed, 2 not evaluated, 3 suspect, 4 failed.

    Returns
    -------
    flag : (n,) int64 array
        The worst of 3 and 4 where there is any, else 1 where a test was evaluated, else 2.
    tests : (n,) int64 array
        Bitset of the tests with 3 or 4.
    """
    flags = np.array(list(results.values()))
    bits = np.array([int(test) for test in results], np.int64)
    is_bad = flags >= SUSPECT
    worst = np.where(is_bad, flags, 0).max(axis=0)
    judged = np.where((flags == PASS).any(axis=0), PASS, NOT_EVALUATED)
    return np.where(worst > 0, worst, judged).astype(np.int64), bits @ is_bad


def grade(evaluated, suspect, fail=False):
    """Flags of one test from what it found.

    Parameters
    ----------
    evaluated, suspect, fail : (n,) bool arrays

    Returns
    -------
    (n,) int64 array of 1, 2, 3 or 4
    """
    judged = np.where(fail, FAIL, np.where(suspect, SUSPECT, PASS))
    return np.where(evaluated, judged, NOT_EVALUATED).astype(np.int64)
