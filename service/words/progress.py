"""Progress of long work on standard error: a bar for people, a plain line for logs."""

import sys
import time

from service.leaving import leave_if_told

SECONDS_BETWEEN_LINES = 5.0


class Progress:
    """Callable (done, total) that shows how far a piece of work is.

    Parameters
    ----------
    title : str
        What is being done.
    unit : str
        What is counted.
    wanted : bool
        Whether to show anything; a terminal gets its bar in any case.
    """

    def __init__(self, title, unit="", wanted=True):
        self.title = title
        self.unit = unit
        self.is_terminal = sys.stderr.isatty()
        self.wanted = wanted or self.is_terminal
        self.bar = None
        self.next_line = self.tells_from = time.monotonic() + SECONDS_BETWEEN_LINES

    def __call__(self, done, total):
        """Show that `done` of `total` is ready."""
        leave_if_told()
        if not self.wanted:
            return
        if self.is_terminal:
            self._move_bar(done, total)
        elif time.monotonic() >= self.next_line:
            self.next_line = time.monotonic() + SECONDS_BETWEEN_LINES
            share = 100.0 * done / total if total else 100.0
            sys.stderr.write(f"{self.title}: {share:.0f} %\n")

    def tell(self, text, at_once=False):
        """Say in a few words what is being done; in a log only when it takes long.

        What is refused at once thus leaves its one line alone there, unless `at_once`.
        """
        leave_if_told()
        is_time = at_once or time.monotonic() >= self.tells_from
        if self.is_terminal or (self.wanted and is_time):
            sys.stderr.write(f"{self.title}: {text}\n")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.bar is not None:
            self.bar.close()

    def _move_bar(self, done, total):
        if self.bar is None:
            from tqdm import tqdm

            self.bar = tqdm(
                total=100.0,
                desc=self.title,
                leave=False,
                file=sys.stderr,
                bar_format="{desc}: {percentage:3.0f}% |{bar}| {elapsed} (left {remaining})",
            )
        self.bar.update(100.0 * done / max(total, 1e-9) - self.bar.n)
