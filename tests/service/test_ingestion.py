"""Ingestion that is interrupted, alone and beside others: no reading is lost or left unjudged."""

import pytest
from cycle_town import NOW, readings

from service.ingestion import ingest
from twin.observations.store import ObservationStore

HEAD = "station_id,time,received,property,value,unit\n"


@pytest.fixture
def sent(tmp_path):
    """What a source sent."""
    path = tmp_path / "sent.csv"
    minutes = [
        f"G1,2026-11-20T20:{m}0:00+08:00,2026-11-20T20:{m}1:00+08:00,rainfall_rate,6,mm\n"
        for m in range(6)
    ]
    path.write_text(HEAD + "".join(minutes))
    return path


def _interrupted(*_known):
    raise KeyboardInterrupt


def test_a_new_store_goes_with_the_only_one_who_began_it(tmp_path, sent, monkeypatch):
    monkeypatch.setattr(ObservationStore, "append", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        ingest(source="sample", file=sent, store=tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_what_another_process_stored_meanwhile_stays(tmp_path, sent, monkeypatch):
    append = ObservationStore.append

    def beside_another(self, frame):
        append(ObservationStore(tmp_path / "store"), readings(NOW))
        raise KeyboardInterrupt

    monkeypatch.setattr(ObservationStore, "append", beside_another)
    with pytest.raises(KeyboardInterrupt):
        ingest(source="sample", file=sent, store=tmp_path / "store")
    kept = ObservationStore(tmp_path / "store", create=False)
    assert len(kept.latest()) == 20


def test_a_folder_that_was_there_is_never_removed(tmp_path, sent, monkeypatch):
    (tmp_path / "store").mkdir()
    monkeypatch.setattr(ObservationStore, "append", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        ingest(source="sample", file=sent, store=tmp_path / "store")
    assert (tmp_path / "store").is_dir()


def test_what_was_stored_and_not_judged_is_judged_when_it_comes_again(tmp_path, sent, monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr("twin.feeds.judging.judge_news", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            ingest(source="sample", file=sent, store=tmp_path / "store")
    again = ingest(source="sample", file=sent, store=tmp_path / "store")
    assert (again["kept"], again["judged"]) == (0, 6)
    undisturbed = ingest(source="sample", file=sent, store=tmp_path / "other")
    assert (undisturbed["kept"], undisturbed["judged"]) == (6, 6)
    stores = [ObservationStore(tmp_path / name, create=False) for name in ("store", "other")]
    assert stores[0].digest() == stores[1].digest()
    assert stores[0].series("rainfall_rate").equals(stores[1].series("rainfall_rate"))
