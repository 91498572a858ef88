"""Secrets are named in the file, looked at when it is loaded, and read when somebody asks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from relanced.config import ConfigFault, Secret, load
from tests.config.samples import KINDS, SMALL, Smtp, fault, faults, read, with_

PASSWORD = '"${env:SMTP}"'


def secret_file(path: Path, text: str = "hunter2\n", mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def password(named: str, environ: dict[str, str]) -> SecretStr:
    settings = read(with_(PASSWORD, f'"{named}"'), environ).channels["compta"].settings
    found = settings.smtp.password  # type: ignore[attr-defined]
    assert isinstance(found, SecretStr)
    return found


def test_a_credential_is_read_only_when_asked(tmp_path: Path) -> None:
    file = secret_file(tmp_path / "smtp")
    handle = password("${cred:smtp}", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    file.write_text("changed\n")
    assert handle.get_secret_value() == "changed"


def test_the_environment_and_files_hold_secrets_too(tmp_path: Path) -> None:
    file = secret_file(tmp_path / "smtp", "hunter2\r\n")
    assert password("${env:SMTP}", {"SMTP": "hunter2"}).get_secret_value() == "hunter2"
    assert password(f"${{file:{file}}}", {}).get_secret_value() == "hunter2"
    assert password("pre-${env:A}-${env:B}", {"A": "x", "B": "y"}).get_secret_value() == "pre-x-y"


def test_attack_31_a_secret_is_never_shown() -> None:
    """Attack 31: neither in repr, str, errors nor in what pydantic dumps."""
    config = read(SMALL)
    settings = config.channels["compta"].settings
    shown = [repr(config), repr(config.channels), str(settings), repr(settings), repr(config.store)]
    shown += [str(settings.model_dump()), settings.model_dump_json(), config.digest]
    shown += [str(Secret("a${env:SMTP}", {"SMTP": "hunter2"}))]
    assert not [text for text in shown if "hunter2" in text]
    assert "${env:SMTP}" in repr(settings)


def test_handles_are_equal_by_name_and_have_a_length() -> None:
    one, other = Secret("${env:A}", {"A": "abc"}), Secret("${env:A}", {"A": "x"})
    assert one == other
    assert hash(one) == hash(other)
    assert one != Secret("${env:B}", {})
    assert len(one) == 3
    assert Smtp(host="h", password=one).password is one


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("${env:NOBODY}", "${env:NOBODY}: the environment variable is not set, or empty"),
        ("${env:EMPTY}", "${env:EMPTY}: the environment variable is not set, or empty"),
        ("${cred:absent}", "${cred:absent}: /run/nowhere/absent: No such file or directory"),
        ("${cred:../shadow}", "${cred:../shadow}: a credential is named by a file name alone"),
        ("${file:relative}", "${file:relative}: the path must be absolute"),
        ("${file:/dev/zero}", "${file:/dev/zero}: /dev/zero is not a plain file"),
        ("${file:/}", "${file:/}: / is not a plain file"),
        ("${SMTP}", "${SMTP}: expected ${cred:NAME}, ${env:NAME} or ${file:/PATH}"),
        ("${vault:x}", "${vault:x}: expected ${cred:NAME}, ${env:NAME} or ${file:/PATH}"),
        ("${env:}", "${env:}: expected ${cred:NAME}, ${env:NAME} or ${file:/PATH}"),
        ("${env:SMTP", "expected ${cred:NAME}, ${env:NAME} or ${file:/PATH}"),
    ],
)
def test_a_secret_that_cannot_be_read_is_a_fault(named: str, text: str) -> None:
    environ = {"CREDENTIALS_DIRECTORY": "/run/nowhere", "EMPTY": "", "SMTP": "hunter2"}
    assert fault(with_(PASSWORD, f'"{named}"'), environ) == f"17:42: channels.compta.smtp.password: {text}"


def test_credentials_need_their_directory() -> None:
    assert "$CREDENTIALS_DIRECTORY is not set" in fault(with_(PASSWORD, '"${cred:smtp}"'), {})


def test_attack_33_a_secret_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    """Attack 33: the file of a secret, as credential or by path."""
    file = secret_file(tmp_path / "smtp", mode=0o644)
    for named in ("${cred:smtp}", f"${{file:{file}}}"):
        told = fault(with_(PASSWORD, f'"{named}"'), {"CREDENTIALS_DIRECTORY": str(tmp_path)})
        assert f"everybody may read {file}: chmod 600 it" in told


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    file = secret_file(tmp_path / "smtp", "")
    assert f"{file} is empty" in fault(with_(PASSWORD, f'"${{file:{file}}}"'))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_secret_that_we_may_not_read_is_refused(tmp_path: Path) -> None:
    file = secret_file(tmp_path / "smtp", mode=0o000)
    assert "no permission" in fault(with_(PASSWORD, f'"${{file:{file}}}"'))


def test_attack_33_a_password_in_a_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    """Attack 33: the configuration itself."""
    text = with_(PASSWORD, "hunter2").replace("sqlite:///relanced.db", "postgresql://me:hunter2@db/relanced")
    file = secret_file(tmp_path / "config.yaml", f"state: /srv/state\n{text}", 0o644)
    with pytest.raises(ConfigFault) as told:
        load(file, {}, kinds=KINDS)
    assert [f.where for f in told.value.faults] == ["store", "channels.compta.smtp.password"]
    assert "hunter2" not in str(told.value)
    file.chmod(0o640)
    assert load(file, {}, kinds=KINDS).store.url() == "postgresql://me:hunter2@db/relanced"


def test_a_file_without_passwords_may_be_read_by_everybody(tmp_path: Path) -> None:
    file = secret_file(tmp_path / "config.yaml", SMALL, 0o644)
    assert load(file, {"SMTP": "x"}, kinds=KINDS).people


def test_a_secret_stands_only_where_one_is_expected() -> None:
    told = faults(with_("smtp.example", '"${env:SMTP}"').replace("/srv/letters", '"${env:SMTP}"'))
    assert told == [
        "17:18: channels.compta.smtp.host: a ${…} secret may not stand here",
        "19:34: channels.office.folder: a ${…} secret may not stand here",
    ]


def test_a_secret_in_a_database_address_is_quoted() -> None:
    text = with_("sqlite:///relanced.db", '"postgresql://me:${env:PG}@db/relanced"') + "state: /srv/state\n"
    store = read(text, {"PG": "p@ss/word", "SMTP": "x"}).store
    assert store.url() == "postgresql://me:p%40ss%2Fword@db/relanced"
    assert store.sqlite is None
    assert "p@ss" not in f"{store} {store!r}"


def test_a_whole_database_address_may_be_a_secret() -> None:
    text = with_("sqlite:///relanced.db", '"${env:DSN}"') + "state: /srv/state\n"
    assert read(text).store.url() == "postgresql://relanced:s3cret@db/relanced"
