"""States of one forecast cycle, and which may follow which."""

from twin.errors import InputError

PLANNED, INPUTS_FROZEN, RUNNING = "PLANNED", "INPUTS_FROZEN", "RUNNING"
QC_PRODUCT, PUBLISHED, REJECTED, EXPIRED = "QC_PRODUCT", "PUBLISHED", "REJECTED", "EXPIRED"

TRANSITIONS = {
    PLANNED: (INPUTS_FROZEN, EXPIRED),
    INPUTS_FROZEN: (RUNNING, EXPIRED),
    RUNNING: (QC_PRODUCT, EXPIRED),
    QC_PRODUCT: (PUBLISHED, REJECTED, EXPIRED),
    PUBLISHED: (),
    REJECTED: (),
    EXPIRED: (),
}
"""What may follow each state. ``EXPIRED``: it ended without a product to be judged;
``REJECTED``: its product was judged and is wrong."""

FINAL = tuple(state for state, following in TRANSITIONS.items() if not following)

NO_INPUTS, SKIPPED, FAILED, INTERRUPTED = "no_inputs", "skipped", "failed", "interrupted"
CAUSES = ("", NO_INPUTS, SKIPPED, FAILED, INTERRUPTED)
"""Why a cycle expired: something was not there that it cannot do without, such as any rain; its
time passed while another one ran, or another process makes the very same forecast; an error; its
process ended."""


def require_transition(state, following):
    """Refuse what may not follow.

    Raises
    ------
    InputError
        The states are not known, or one may not follow the other.

    Examples
    --------
    >>> require_transition("QC_PRODUCT", "PUBLISHED")
    """
    if state not in TRANSITIONS or following not in TRANSITIONS[state]:
        expected = " or ".join(TRANSITIONS.get(state, ())) or "no other"
        raise InputError(
            f"a cycle that is {state} cannot become {following}, expected {expected}; begin another"
        )
