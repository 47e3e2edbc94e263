"""What `bench` tells people: each figure beside the bound that it has."""

from service.words.text_table import pairs, table


def bench_kernel(result):
    """Report of the kernel benchmark: speed beside the memory's, beside bounds and peers."""
    parts = [_about(result), _speeds(result["rows"]), _shares(result)]
    if result["peers"]:
        parts.append(_peers(result["peers"]))
    if result["skipped"]:
        lines = (f"{row['name']}: {row['reason']}" for row in result["skipped"])
        parts.append("not measured\n  " + "\n  ".join(lines))
    return "\n\n".join(parts)


def bench_nowcast(result):
    """Report of the nowcast benchmark: CSI beside persistence, spread beside error."""
    lines = [
        ("machine", result["machine"]),
        ("measured", f"{result['date']}"),
        (
            "radar",
            f"{result['fields']} fields, {len(result['issue_times'])} issue times from "
            f"{result['issue_times'][0]} to {result['issue_times'][-1]}",
        ),
        (
            "nowcast",
            f"{result['members']} members on {result['window_cells'][1]} x "
            f"{result['window_cells'][0]} cells of {result['cell_m']:g} m, "
            f"{result['seconds_per_nowcast']:.1f} s each",
        ),
        ("csi", f"rates of {result['threshold_mm_h']:g} mm/h and more, all issue times together"),
        (
            "ratio",
            "sqrt((N + 1) / N x mean variance) over RMSE of the mean, of N members; expected "
            "{:g} to {:g}".format(*result["ratio_bounds"]),
        ),
    ]
    if result.get("file"):
        lines.append(("file", result["file"]))
    head = ("minutes", "persistence", "extrapolation", "wins", "mean", "probability", "member",
            "spread mm/h", "rmse mm/h", "ratio", "bias", "scored")  # fmt: skip
    return f"{pairs(*lines)}\n\n{table(head, [_lead(row) for row in result['rows']])}"


def bench_assimilation(result):
    """Report of the assimilation experiment: errors and warnings, with the sensors and without."""
    lines = [
        ("cells", f"{result['cell_size_m']:g} m"),
        ("truth", f"errors {result['errors']}, rain ahead {result['rain']}"),
        ("members", f"{result['members']}"),
        ("places", f"{result['spots']} unobserved known spots, all seeds and issue times"),
        ("crps", "{corrected:.4f} m, {uncorrected:.4f} m without".format(**result["crps_m"])),
        ("cut", f"{result['crps_cut']:.1%}, expected at least 20 %"),
    ]
    if result.get("file"):
        lines.append(("file", result["file"]))
    head = (
        "ensemble",
        "warned from",
        "spots",
        "flooded",
        "warned",
        "hit rate",
        "false alarms",
        "csi",
    )
    rows = [
        (name, f"{float(chance):.0%}", which, *scores.values())
        for name, chances in result["hotspots"].items()
        for chance, groups in chances.items()
        for which, scores in groups.items()
    ]
    rows.append(("persistence", "", "all", *result["persistence"].values()))
    return f"{pairs(*lines)}\n\n{table(head, rows)}"


def bench_ingest(result):
    """Report of the ingest benchmark: readings a second beside what a metropolis sends."""
    lines = [
        ("machine", result["machine"]),
        ("measured", result["date"]),
        ("store", result["store"]),
        ("bound", f"{result['bound']:.0f} readings/s, 100,000 a minute"),
    ]
    if result.get("file"):
        lines.append(("file", result["file"]))
    head = ("readings", "batch", "in all", "readings/s", "slowest batch s", "kept")
    rows = [
        (
            row["what"],
            f"{row['batch']:,}",
            f"{row['readings']:,}",
            f"{row['per_second']:,.0f}",
            f"{row['slowest_batch_seconds']:.2f}",
            _kept(row["per_second"], result["bound"]),
        )
        for row in result["rows"]
    ]
    return f"{pairs(*lines)}\n\n{table(head, rows)}"


def bench_tiles(result):
    """Report of the tiling benchmark: buildings a second, bytes and memory beside the bounds."""
    lines = [
        ("machine", result["machine"]),
        ("measured", result["date"]),
        ("seconds", "of tiling alone, by the clock; buildings/s are those of one core"),
        ("peak", "memory of the whole process, making or importing the city included"),
    ]
    if result.get("file"):
        lines.append(("file", result["file"]))
    ground = result["terrain"]
    told = (
        f"{ground['tiles']:,} tiles of {ground['cells']:,} cells, {ground['per_second']:,.0f} a "
        f"second of one core (at least {ground['bound']:.0f}: "
        f"{_kept(ground['per_second'], ground['bound'])}), the largest "
        f"{ground['largest_bytes'] / 1e3:.0f} kB, {ground['problems']} problems"
    )
    lines.append(("terrain", told))
    head = ("what", "lod", "buildings", "made s", "tiled s", "checked s", "buildings/s", "at least",
            "kept", "tiles", "MB", "largest kB", "peak MB", "problems")  # fmt: skip
    rows = [
        (
            row["what"],
            row["lod"],
            f"{row['buildings']:,}",
            f"{row['import_seconds']:.1f}",
            f"{row['seconds']:.1f}",
            f"{row['check_seconds']:.1f}",
            f"{row['per_second']:,.0f}",
            f"{row['bound']:,.0f}",
            _kept(row["per_second"], row["bound"]),
            f"{row['tiles']:,}",
            f"{row['bytes'] / 1e6:.1f}",
            f"{row['largest_bytes'] / 1e3:.0f}",
            f"{row['peak_bytes'] / 1e6:,.0f}",
            f"{row['problems']}",
        )
        for row in result["rows"]
    ]
    return f"{pairs(*lines)}\n\n{table(head, rows)}"


def bench_serve(result):
    """Report of the load on a service: waiting times and processor time beside the bounds."""
    lines = [
        ("machine", f"{result['machine']}, load {result['load']:.1f} before"),
        ("measured", result["date"]),
        ("service", f"{result['address']}, city {result['city']}"),
        ("clients", f"{result['clients']} at once, each asks again as soon as it has its answer"),
        ("cpu", "processor time of the service a tile, which no other work of the machine changes"),
    ]
    if result.get("file"):
        lines.append(("file", result["file"]))
    head = ("tiles", "round", "requests", "a second", "p50 ms", "p95 ms", "largest ms",
            "p50 at most", "p95 at most", "kept", "cpu ms", "largest kB")  # fmt: skip
    rows = [
        (
            row["kind"],
            row["round"],
            row["requests"],
            f"{row['per_second']:,.0f}",
            f"{row['p50']:.1f}",
            f"{row['p95']:.1f}",
            f"{row['largest']:.0f}",
            _bound(row["bound_p50"]),
            _bound(row["bound_p95"]),
            _within(row),
            "-" if row["cpu"] is None else f"{row['cpu']:.2f}",
            f"{row['largest_bytes'] / 1e3:.0f}",
        )
        for row in result["rows"]
    ]
    return f"{pairs(*lines)}\n\n{table(head, rows)}"


def _bound(milliseconds):
    return "-" if milliseconds is None else f"{milliseconds:g}"


def _within(row):
    """Whether both waiting times keep their bounds, "-" where there are none."""
    bounds = [(row[name], row[f"bound_{name}"]) for name in ("p50", "p95")]
    stated = [(found, bound) for found, bound in bounds if bound is not None]
    if not stated:
        return "-"
    return "yes" if all(found <= bound for found, bound in stated) else "no"


def _lead(row):
    return (
        f"{row['minutes']:g}",
        _number(row["csi_persistence"]),
        _number(row["csi_extrapolation"]),
        f"{row['wins']} of {row['cases']}",
        _number(row["csi_mean"]),
        _number(row["csi_probability"]),
        _number(row["csi_member"]),
        _number(row["spread"]),
        _number(row["rmse"]),
        _number(row["ratio"]),
        _number(row["bias"]),
        None if row["cells_scored"] is None else f"{row['cells_scored']:.0%}",
    )


def _about(result):
    versions = (f"{name} {version}" for name, version in result["versions"].items())
    triad = (
        f"{result['triad_before_gb_s']:.1f} GB/s before, {result['triad_after_gb_s']:.1f} GB/s "
        "after (float32, 12 B an element); the larger counts"
    )
    lines = [
        ("machine", result["machine"]),
        ("measured", f"{result['date']}, {', '.join(versions)}"),
        ("triad", triad),
        ("ratio", "cell updates x 32 B over the triad; mcups: million cell updates a second"),
    ]
    if result.get("file"):
        lines.append(("file", result["file"]))
    return pairs(*lines)


def _speeds(rows):
    head = ("scheme", "order", "dtype", "device", "cells", "mcups", "ratio", "at least", "kept",
            "bytes a cell")  # fmt: skip
    return table(head, [_speed(row) for row in rows])


def _speed(row):
    return (
        row["scheme"],
        row["order"],
        row["dtype"],
        row["device"],
        f"{row['cells']:,}",
        f"{row['mcups']:.0f}",
        f"{row['ratio']:.2f}",
        _number(row["bound"]),
        _kept(row["ratio"], row["bound"]),
        f"{row['bytes_per_cell']:.1f}",
    )


def _shares(result):
    """Table of the two figures that compare beds."""
    dry, small = result["dry_share"], result["small_share"]
    rows = [
        (
            "cost of a step with 10 % wet cells, beside all wet",
            _number(dry),
            f"at most {result['dry_bound']:.2f}",
            _kept(result["dry_bound"], dry),
        )
    ]
    if small is not None:
        rows.append(
            (
                "speed on 62,500 cells, beside 1,000,000",
                _number(small),
                f"at least {result['small_bound']:.2f}",
                _kept(small, result["small_bound"]),
            )
        )
    return table(("", "share", "bound", "kept"), rows)


def _peers(rows):
    head = ("peer", "version", "dtype", "cells", "mcups", "ours float32", "mcups", "times as fast",
            "at least", "kept", "in its dtype")  # fmt: skip
    lines = [
        (
            row["name"],
            row["version"],
            row["dtype"],
            f"{row['cells']:,}",
            f"{row['mcups']:.1f}",
            f"{row['ours_scheme']}, order {row['ours_order']}",
            f"{row['ours_mcups']:.0f}",
            f"{row['ratio']:.1f}",
            _number(row["bound"]),
            _kept(row["ratio"], row["bound"]),
            f"{row['same_dtype_ratio']:.1f}",
        )
        for row in rows
    ]
    return f"{table(head, lines)}\n(of ANUGA, cells are triangles)"


def _kept(figure, least):
    if least is None:
        return None
    return "yes" if figure >= least else "no"


def _number(value):
    return None if value is None else f"{value:.2f}"
