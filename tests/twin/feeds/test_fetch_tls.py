"""Certificates: what is accepted, and that the narrow flag opens nothing else."""

import pytest
from http_servers import Authority, serving

from twin.errors import InputError
from twin.feeds.fetch import Access, fetch


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls") / "sound")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """An authority whose certificates have no key identifiers."""
    return Authority(tmp_path_factory.mktemp("tls") / "bare", key_identifiers=False)


def ask(context, authority, relaxed):
    trust = str(authority.file) if authority else None
    access = Access(allow_loopback=True, relaxed_x509=relaxed, trust=trust, attempts=1)
    with serving(lambda to: to.reply(b"fine"), context) as server:
        return fetch(server.url, access).content


def test_a_sound_chain_is_accepted(sound):
    context = sound.context("good")
    assert ask(context, sound, relaxed=False) == b"fine"
    assert ask(context, sound, relaxed=True) == b"fine"


def test_a_chain_without_key_identifiers_is_accepted_only_with_the_narrow_flag(bare):
    """D-14: chain without SKI."""
    context = bare.context("good")
    with pytest.raises(InputError, match="Missing Subject Key Identifier|no valid certificate"):
        ask(context, bare, relaxed=False)
    assert ask(context, bare, relaxed=True) == b"fine"


@pytest.mark.parametrize("relaxed", [False, True])
@pytest.mark.parametrize("authority", ["sound", "bare"])
def test_expired_wrong_host_and_unknown_authority_are_refused(authority, relaxed, request):
    """D-14: expired, self-signed, wrong host."""
    authority = request.getfixturevalue(authority)
    cases = {
        "expired": (authority.context("expired", dates=("-days", "-1")), authority),
        "mismatch|not valid for": (authority.context("other", "DNS:else.example"), authority),
        "self.signed": (authority.context("self", issuer=False), authority),
        "unable to get local issuer|self.signed": (authority.context("unknown"), None),
    }
    for words, (context, trusted) in cases.items():
        if authority.key_identifiers or relaxed:
            expected = words
        else:
            expected = "Key Identifier|self.signed|local issuer"  # refused for that alone
        with pytest.raises(InputError, match=expected):
            ask(context, trusted, relaxed)


def test_a_missing_authority_file_is_named(sound, tmp_path):
    access = Access(allow_loopback=True, trust=str(tmp_path / "none.pem"))
    with pytest.raises(InputError, match=r"none\.pem"):
        fetch("https://127.0.0.1:1/", access)
