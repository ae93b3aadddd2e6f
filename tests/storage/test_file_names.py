import unicodedata
from datetime import date
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atlascloud_mcp.storage.media import JPEG, MP3, OPUS, PNG
from atlascloud_mcp.storage.names import (
    MAX_NAME,
    SLUG_LENGTH,
    candidates,
    extension_for,
    extension_of,
    is_executable,
    is_secret,
    output_name,
    problem_with_name,
    shown,
    slug,
    split_media_name,
)

DAY = date(2026, 11, 3)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("A red fox, at dawn!", "a-red-fox-at-dawn"),
        ("  Ein Bär über Zürich ", "ein-bär-über-zürich"),
        ("日本の山", "日本の山"),
        ("\ufb01ne \uff21\uff22", "fine-ab"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "untitled"),
        ("🦊🦊", "untitled"),
        ("CON", "untitled"),
        ("a word " * 20, "a-word-a-word-a-word-a-word-a-word-a-word-a-word"),
        ("x" * 80, "x" * 48),
    ],
)
def test_a_prompt_becomes_a_slug(prompt: str, expected: str) -> None:
    assert slug(prompt) == expected


@given(st.text())
@example("𠀀" * 60)
@example("nul.txt")
@example("\u202egnp.exe")
def test_a_slug_is_a_safe_short_part_of_a_name(prompt: str) -> None:
    made = slug(prompt)
    assert 0 < len(made) <= SLUG_LENGTH
    assert problem_with_name(made) is None
    assert not set(made) & set("./\\ ")
    assert made == unicodedata.normalize("NFC", made)
    assert not made.startswith("-")
    assert not made.endswith("-")


@given(st.text(), st.text(), st.integers(1, 9999))
def test_a_name_in_the_output_folder_is_short_and_safe(prompt: str, prediction_id: str, index: int) -> None:
    for name in islice(candidates(output_name(DAY, prompt, prediction_id), ".jpeg", index), 3):
        assert problem_with_name(name) is None
        assert len(name + ".json") <= MAX_NAME
        assert len((name + ".json").encode()) <= 255
        assert name.startswith("2026-11-03-")


def test_a_name_holds_day_prompt_and_the_end_of_the_id() -> None:
    assert output_name(DAY, "A red fox", "pred_0123456789AB") == "2026-11-03-a-red-fox-456789ab"
    assert output_name(DAY, "A red fox", "") == "2026-11-03-a-red-fox"


def test_a_taken_name_gets_the_next_number() -> None:
    assert list(islice(candidates("hero", ".png"), 3)) == ["hero.png", "hero-2.png", "hero-3.png"]


def test_several_outputs_are_numbered_from_one() -> None:
    assert list(islice(candidates("hero", ".png", 1), 2)) == ["hero-1.png", "hero-2.png"]


def test_the_extension_follows_the_bytes_and_keeps_the_callers_spelling() -> None:
    assert extension_for(PNG, ".webp") == ".png"
    assert extension_for(JPEG, ".JPEG") == ".JPEG"
    assert extension_for(OPUS, ".ogg") == ".ogg"
    assert extension_for(MP3, "") == ".mp3"


def test_only_a_media_extension_is_split_off() -> None:
    assert split_media_name("hero.v1.PNG") == ("hero.v1", ".PNG")
    assert split_media_name("v1.2") == ("v1.2", "")
    assert extension_of(".png") == ""


@pytest.mark.parametrize(
    "name",
    [
        *("CON", "nul", "Aux.png", "com1.webp", "LPT9", "con .png", "prn.tar.gz", "COM¹"),
        *("a:b.png", "a<b", "a>b", 'a"b', "a|b", "a?b", "a*b", "a\\b", "a/b", "hero.png:stream"),
        *("hero.", "hero ", " hero", "hero.png.", ".hidden.png", ".git", "x" * 121 + ".png", "gnp.\u202eexe"),
    ],
)
def test_names_that_some_system_misreads_are_not_given(name: str) -> None:
    assert problem_with_name(name)


@pytest.mark.parametrize("name", ["hero.png", "v1.2", "three.js", "Füchse 3.webp", "conference.png", "-x", "日本.mp4"])
def test_ordinary_names_are_fine(name: str) -> None:
    assert problem_with_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        *("id_rsa", "id_ed25519.pub", "ID_RSA", "server.pem", "tls.KEY", "vault.kdbx", "cert.p12", "store.jks"),
        *(".env", ".env.local", "prod.env", "credentials", "credentials.json", "Credential.png", ".netrc", "_netrc"),
        *(".npmrc", ".pypirc", ".git-credentials", "secrets.yaml", "client_secret_1.json", "service-account-1.json"),
        *("authorized_keys", "known_hosts.old", "shadow", "key.asc", "backup.gpg", "login.keychain-db", "wallet.dat"),
    ],
)
def test_names_of_keys_and_credentials_are_known(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["keynote.png", "monkey.jpg", "environment.png", "secretary.png", "shadows.webp"])
def test_names_that_only_sound_alike_are_not_secrets(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize("name", ["run.sh", "a.EXE", "x.png.bat", "page.html", "m.py", "a.mjs", "b.tsx", "c.php7"])
def test_what_can_be_run_is_known_by_its_extension(name: str) -> None:
    assert is_executable(name)


@pytest.mark.parametrize("name", ["hero.png", "notes.txt", "show", "v1.2", "a.shell"])
def test_what_cannot_be_run_is_left_alone(name: str) -> None:
    assert not is_executable(name)


def test_a_text_that_is_shown_is_short_and_shows_no_control_characters() -> None:
    assert shown("a\x1b[31m\u202eb") == r"'a\x1b[31m\u202eb'"
    assert len(shown("x" * 5000)) < 200
