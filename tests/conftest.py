"""What all tests share: where the real data lies, and disks that fill."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("floodtwin", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("floodtwin")

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = Path(os.environ.get("FLOODTWIN_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data():
    """Folder with the real data; in CI it must be there."""
    if not SHARED_DATA.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{SHARED_DATA} is missing, and CI must run the tests on real data")
        pytest.skip(f"the real data is not at {SHARED_DATA} (set FLOODTWIN_DATA)")
    return SHARED_DATA


@pytest.fixture
def disk_of(tmp_path):
    """Makes a disk of its own of some size, such as ``"300k"``, which needs root."""
    disks = []

    def make(size):
        folder = tmp_path / f"disk-{len(disks)}"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        try:
            subprocess.run(mount, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this machine does not let a test mount a small disk")
        disks.append(folder)
        return folder

    yield make
    for folder in disks:
        subprocess.run(["umount", "-l", str(folder)], check=True)
