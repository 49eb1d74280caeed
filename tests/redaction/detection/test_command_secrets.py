"""Passwords of commands and protocols: an option counts only behind the program it belongs to."""

import pytest

from otel_agent.redaction.detection import command_secrets
from otel_agent.redaction.detection.command_secrets import find_command_secrets, find_in_arguments, may_be_command
from otel_agent.redaction.detection.work_allowance import CUT, TextWork


def found(text: str, units: int = 512) -> list[str]:
    """What is found in a text."""
    spans = find_command_secrets(text, TextWork(units)) if may_be_command(text) else ()
    return [text[start:end] if name != CUT else CUT for start, end, name in spans]


@pytest.mark.parametrize(
    "text",
    [
        "curl -u me:Hx7pW9qL https://h/", "curl --user 'me:Hx7pW9qL' https://h/", "mysql -u root -pHx7pW9qL -h db", "sshpass -p Hx7pW9qL ssh h",
        "docker login -u me -p Hx7pW9qL registry.example", "['docker', 'login', '-p', 'Hx7pW9qL']", "redis-cli -h h -a Hx7pW9qL ping", "zip -P Hx7pW9qL x.zip a",
        "ldapsearch -x -D cn=a -w Hx7pW9qL", 'ssh-keygen -N "Hx7pW9qL" -f k', "openssl rsa -passin pass:Hx7pW9qL -in k", "keytool -storepass Hx7pW9qL -alias a",
        "htpasswd -b f me Hx7pW9qL", 'echo "me:Hx7pW9qL" | chpasswd', "vault login Hx7pW9qL", "smbclient //h/s -U me%Hx7pW9qL", "##[add-mask]Hx7pW9qL",
        "HTTPBasicAuth('me', 'Hx7pW9qL')", "AUTH PLAIN Hx7pW9qL", "LOGIN me Hx7pW9qL", "sqlplus me/Hx7pW9qL@db", "POST code=Hx7pW9qL&redirect_uri=h",
        "sqlcmd -S h -U sa -P Hx7pW9qL", "etcdctl --user root:Hx7pW9qL get x", "wandb login Hx7pW9qL", "some-tool -v -p Hx7pW9qL", "server.login('me', 'Hx7pW9qL')",
        "jwt.encode(payload, 'Hx7pW9qL')", "db:5432:*:app:Hx7pW9qL", "8=FIX.4.4|35=A|553=me|554=Hx7pW9qL|", ".h\tTRUE\t/\tTRUE\t0\tsid\tHx7pW9qL", "echo Hx7pW9qL | docker login --password-stdin",
    ],
)  # fmt: skip
def test_passwords_are_found(text: str) -> None:
    """By the letter that each program has for them, as text and as a list of arguments."""
    assert ["Hx7pW9qL"] == found(text)


@pytest.mark.parametrize(
    "text",
    [
        "docker run -p 8080:80 nginx", "docker run --user 1000:1000 nginx", "ssh -p 2222 h", "curl -u me https://h/", "curl -k https://h/", "mkdir -p /tmp/a",
        "mysql -u root -p", "python -m pytest -k auth", "AUTH required", "LOGIN bob ok", "cargo login succeeded", "net use of memory", "kubectl logs -p api-7d4b9c6f5d-X2x9z", "login('bob')", "8=FIX.4.4|35=D|38=554|", "PASS", "ps -p 1234 -a", "code=404", "curl -o out https://h:8080/",
    ],
)  # fmt: skip
def test_other_options_are_not(text: str) -> None:
    """Ports, folders, users, files, status codes."""
    assert [] == found(text)


def test_work_that_is_used_up_cuts_the_text() -> None:
    """What is not looked at does not leave."""
    assert [CUT] == found("curl -u me:Hx7pW9qL https://h/", units=1)


@pytest.mark.parametrize(
    ("arguments", "passwords"),
    [
        (["curl", "-u", "me:Hx7pW9qL", "https://h"], {2: "Hx7pW9qL"}),
        (["mysql", "-u", "root", "-pHx7pW9qL"], {3: "Hx7pW9qL"}),
        (["docker", "login", "-p", "Hx7pW9qL"], {3: "Hx7pW9qL"}),
        (["docker", "run", "-p", "80:80", "nginx"], {}),
        (["-", "x" * 20_000], {}),
    ],
)
def test_arguments_of_a_list_are_found_by_their_index(arguments: list[str], passwords: dict[int, str]) -> None:
    """As `process.command_args` has them; a list that is too long is none of a command."""
    assert passwords == {
        index: arguments[index][start:end] for index, (start, end) in find_in_arguments(arguments).items()
    }


@pytest.mark.parametrize(
    "sign",
    [" login x", " auth x", " authtoken x", "net use", "login(", "operator x", "sqlplus", "sqlldr", "schtasks", "expdp", "impdp", "dp x", "ctl x",
     "codecov", "mc x", "config x", "_authT", "wpa_", "radt", "kinit", "encrypt_", "jwt.", "hmac", "HMAC", "Fernet", "AESGCM", "credential",
     "== x", "=A^", "!= x", "TRUE\t", "FALSE\t", "SETUSER", ":password x", ":12:a", ":*:a", "/p:", "/p x", "/rp x"],
)  # fmt: skip
def test_what_a_short_text_is_looked_at_for_a_long_one_is_too(sign: str) -> None:
    """Long texts are looked at for words first."""
    assert command_secrets._is_wordy(f". {sign} .")
    assert command_secrets._is_wordy("." * command_secrets._LONG_CHARS + f" {sign} .")
    assert not command_secrets._is_wordy("." * command_secrets._LONG_CHARS)
