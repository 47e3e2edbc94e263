"""A real PostgreSQL for the tests of this room, on a socket of its own."""

import itertools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

USER = "floodtwin"


@pytest.fixture(scope="session")
def postgres_server():
    """Run PostgreSQL for the session; a function from a database's name to its address."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("initdb") or (programs and programs[-1] / "initdb")
    if not found:
        pytest.skip("no PostgreSQL on this machine (bash tests/servers.sh installs it)")
    programs = Path(found).resolve().parent
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    # A socket's path may have a hundred letters only, which pytest's own folders may exceed.
    folder = Path(tempfile.mkdtemp(prefix="floodtwin-postgres-"))
    if as_user:
        shutil.chown(folder, "postgres")
    data, log = folder / "data", folder / "log"
    made = subprocess.run(
        [*as_user, programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8"],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    if made.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"PostgreSQL cannot start here: {made.stderr.strip()[-200:]}")
    settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*as_user, programs / "postgres", "-D", data, *settings, "-c", "fsync=off"],
            stdout=output,
            stderr=output,
            cwd=folder,
        )
    try:
        address = f"postgresql+pg8000://{USER}@/{{}}?unix_sock={folder}/.s.PGSQL.5432"
        _wait(programs / "pg_isready", folder, server, log)
        yield address.format
    finally:
        subprocess.run(
            [*as_user, programs / "pg_ctl", "stop", "-D", data, "-m", "immediate"],
            capture_output=True,
            cwd=folder,
        )
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_database(postgres_server):
    """Address of a new, empty database at each call."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(
        postgres_server("postgres"),
        isolation_level="AUTOCOMMIT",
        poolclass=sqlalchemy.pool.NullPool,
    )
    numbers = itertools.count()

    def make():
        name = f"store_{next(numbers)}"
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return postgres_server(name)

    return make


def _wait(is_ready, folder, server, log):
    until = time.monotonic() + 60
    while subprocess.run([is_ready, "-q", "-h", folder], cwd=folder).returncode:
        if server.poll() is not None or time.monotonic() > until:
            pytest.fail(f"PostgreSQL did not start: {log.read_text()[-500:]}")
        time.sleep(0.1)
