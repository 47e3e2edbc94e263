"""Plain aligned text for people: names with values, and tables."""


def pairs(*rows):
    """Lines of a name and its value, the values below each other.

    Parameters
    ----------
    *rows : (str, str)
        Name and value.
    """
    width = max(len(name) for name, _ in rows) + 2
    return "\n".join(f"{name:<{width}}{value}" for name, value in rows)


def table(head, rows):
    """Columns of text to the left and of numbers to the right.

    Parameters
    ----------
    head : sequence of str
        Names of the columns.
    rows : sequence of sequences
        Their cells; None is empty.
    """
    cells = [tuple("" if cell is None else str(cell) for cell in row) for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = []
    for row in cells:
        parts = [
            cell.rjust(width) if _is_numeric(cells, column) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def _is_numeric(cells, column):
    values = [row[column] for row in cells[1:]]
    return all(value[:1].isdigit() or value in ("", "-") for value in values)
