"""
Passwords in command lines and protocols that have no name beside them: `curl -u me:…`, `mysql -p…`, `sshpass -p …`, `AUTH PLAIN …`.

Each program has its own letter for a password, which is another thing for the next: `docker login -p …` and `docker run -p 80:80`.
So an option counts only behind the program it belongs to.

Source: the manual pages of the programs; RFC 4616 and 4954 for AUTH, RFC 1939 for PASS, RFC 9051 for LOGIN.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from otel_agent.redaction.detection.opaque_values import is_opaque
from otel_agent.redaction.detection.placeholders import is_placeholder
from otel_agent.redaction.detection.work_allowance import TextWork

__all__ = ["CUT", "find_command_secrets", "find_in_arguments", "may_be_command"]

CUT = "cut"
"""Stands in the marker of what was not looked at, because the text had cost enough."""

_UNITS = 6
_MAX_ARGUMENTS_CHARS, _ARGUMENTS_UNITS = 1 << 14, 1 << 10

_VALUE = r"(?:\"(?P<double>[^\"\n]{1,256})\"|'(?P<single>[^'\n]{1,256})'|(?P<bare>[^\s\"';|&,]{1,256}))"
_BEFORE = r"[^\n|;&]{0,256}?"
_GAP = r"(?:\s{1,4}|[\"'],\s{0,2}(?=[\"'])|=)"
_COMMANDS = (
    # user and password in one word
    (("curl", "wget", "http ", "https "), rf"(?:curl|\bhttps?)(?=[\s\"']){_BEFORE}[\s\"'](?:-u|--user|--proxy-user|-U|-a|--auth){_GAP}(?:(?P<quote>[\"'])?[^\s:\"']{{1,64}}:)(?!//|\d{{1,5}}(?:[\s\"']|\Z))(?P<value>[^\s\"']{{1,256}})"),
    (("smbclient", "rpcclient"), r"(?:smb|rpc)client\b[^\n|;&]{0,256}?\s-U\s{0,2}[^\s%]{1,64}%(?P<value>[^\s]{1,256})"),
    (("chpasswd",), r"echo\s{1,4}(?:-n\s)?[\"']?[\w.-]{1,64}:(?P<value>[^\s\"']{1,256})[\"']?\s{0,4}\|\s{0,4}(?:sudo\s)?chpasswd"),
    (("sudo ",), r"echo\s{1,4}(?:-n\s)?[\"']?(?P<value>[^\s\"'$|]{1,256})[\"']?\s{0,4}\|\s{0,4}sudo\s{1,4}-S"),
    (("sqlplus", "sqlldr"), r"(?:sqlplus|sqlldr)\s[^\n|;&]{0,128}?[\w.-]{1,64}/(?P<value>[^\s@/]{1,128})@"),
    # a letter of its own
    (("mysql", "mariadb"), rf"(?:mysql\w{{0,8}}|mariadb\w{{0,8}}|mysqldump)(?=[\s\"']){_BEFORE}[\s\"']-p(?P<value>[^\s\"'-][^\s\"']{{1,255}})"),
    (("7z", "zip ", "unrar", "rar "), r"\b(?:7za?|rar|unrar)\s[^\n|;&]{0,64}?\s-p(?P<value>[^\s\"']{2,256})"),
    (("zip",), rf"\b(?:un)?zip(?=[\s\"']){_BEFORE}[\s\"']-P{_GAP}{_VALUE}"),
    (("sshpass", "docker", "podman", "helm", "mongo", "az ", "oc ", "cf ", "nerdctl", "skopeo", "buildah", "crane"),
     rf"(?:sshpass|(?:docker|podman|helm\sregistry|oc|cf|nerdctl|skopeo|buildah|crane\sauth)[\s\"',]{{1,4}}login|mongo\w{{0,8}}|az[\s\"',]{{1,4}}login)(?=[\s\"']){_BEFORE}[\s\"']-p{_GAP}{_VALUE}"),
    (("redis-cli", "valkey-cli"), rf"(?:redis|valkey)-cli(?=[\s\"']){_BEFORE}[\s\"']-a{_GAP}{_VALUE}"),
    (("ldap",), rf"ldap\w{{3,8}}(?=[\s\"']){_BEFORE}[\s\"']-w{_GAP}{_VALUE}"),
    (("ssh-keygen",), rf"ssh-keygen(?=[\s\"']){_BEFORE}[\s\"']-[NP]{_GAP}{_VALUE}"),
    (("openssl",), rf"openssl(?=[\s\"']){_BEFORE}[\s\"'](?:-[kK]\s{{1,4}}|-pass(?:in|out)?\s{{1,4}}pass:){_VALUE}"),
    (("keytool", "jarsigner", "keystore"), rf"-(?:store|key|new|src(?:store)?|dest(?:store)?)pass(?:wd)?{_GAP}{_VALUE}"),
    (("htpasswd",), r"htpasswd\s{1,4}-\w{0,4}b\w{0,4}\s{1,4}(?:-\w{1,4}\s{1,4}){0,4}\S{1,128}\s{1,4}\S{1,64}\s{1,4}(?P<value>\S{1,256})"),
    (("net user",), r"net\suser\s{1,4}[\w.-]{1,64}\s{1,4}(?P<value>[^\s/]\S{1,256})"),
    (("vault",), rf"vault\s{{1,4}}login\s{{1,4}}(?:-\S{{1,64}}\s{{1,4}}){{0,4}}(?!-){_VALUE}"),
    (("gh secret",), rf"gh\ssecret\sset{_BEFORE}\s(?:-b|--body){_GAP}{_VALUE}"),
    (("rootpw",), r"rootpw\s{1,4}(?:--\w{1,16}\s{1,4}){1,3}(?P<value>[^\s-]\S{1,256})"),
    # builds mask what they are told to
    (("add-mask",), r"add-mask(?:\]|::)(?P<value>[^\s\"']{2,256})"),
    # code
    (("asicAuth", "asic_auth", "BASIC"), r"[Bb]asic_?[Aa]uth\(\s{0,4}(?:login=|username=)?[\"'][^\"'\n]{1,64}[\"'],\s{0,4}(?:password=)?[\"'](?P<value>[^\"'\n]{1,256})[\"']"),
    # protocols
    (("AUTH",), r"(?<![\w-])\"?AUTH\"?\s{1,4}(?:PLAIN|LOGIN|CRAM-MD5|XOAUTH2|OAUTHBEARER|SCRAM-SHA-\d{1,3})\s{1,4}(?P<value>[0-9A-Za-z+/]{8,512}={0,2})(?![\w-])"),
    (("AUTH",), r"(?<![\w-])\"?AUTH\"?\s{1,4}(?:\$\d{1,4}\s{1,4})?(?:\"?[\w.-]{1,64}\"?\s{1,4})?\"?(?P<opaque>[^\s\"]{2,512})"),
    (("PASS",), r"(?m)(?:^|[>:\s])PASS\s{1,2}(?:oauth:)?(?P<opaque>[^\s]{2,256})"),
    (("LOGIN",), r"(?<![\w-])LOGIN\s{1,2}\S{1,128}\s{1,2}\"?(?P<opaque>[^\s\"]{2,256})"),
    # codes of OAuth, where a code is no status
    (("authorization_code", "redirect_uri", "client_secret", "code_verifier", "callback?"),
     r"(?<![\w-])code[\"']?\s{0,2}[=:]\s{0,2}[\"']?(?P<opaque>[\w.~+/%-]{8,512})"),
    # sessions of a single sign-on
    (("ST-", "PGT-", "TGT-"), r"(?<![\w-])(?:ST|PGT|PT|TGT)-\d{1,9}-(?P<opaque>[\w.-]{16,256})"),
)  # fmt: skip
_PATTERNS = tuple((signs, re.compile(f"(?a){pattern}")) for signs, pattern in _COMMANDS)
_SIGNS = re.compile(
    "|".join(sorted({re.escape(sign) for signs, _ in _COMMANDS for sign in signs}, key=len, reverse=True))
)


_IS_OAUTH = re.compile(r"redirect_u|callback\?|code_verifier|client_secret|authorization_code").search


def may_be_command(text: str) -> bool:
    """
    Whether a text may be a command line or a line of a protocol with a password; false for most texts, and cheap.

    Written as plain substring tests, which are several times faster than one pattern with as many alternatives.

    Args:
        text: Any text.
    """
    return (
        ("-" in text and (" -" in text or "'-" in text or '"-' in text or "ST-" in text or "add-mask" in text))
        or ("A" in text and ("AUTH" in text or "PASS" in text))
        or ("G" in text and "LOGIN " in text)
        or ("|" in text and "chpasswd" in text)
        or "asic" in text
        or "net user" in text
        or "vault login" in text
        or ("q" in text and ("sqlplus" in text or "sqlldr" in text))
        or ("code" in text and _IS_OAUTH(text) is not None)
    ) and _SIGNS.search(text) is not None


def find_command_secrets(text: str, work: TextWork) -> Iterator[tuple[int, int, str]]:
    """
    Passwords of commands and protocols.

    Args:
        text: Any text.
        work: What the text may cost.

    Yields:
        Where each begins and ends, and its name in the marker.
    """
    begun = set()
    for signs, pattern in _PATTERNS:
        if not any(sign in text for sign in signs):
            continue
        position = 0
        while (match := pattern.search(text, position)) is not None:
            if not work.afford(_UNITS):
                yield match.start(), len(text), CUT
                return
            position = match.end()
            for group, value in match.groupdict().items():
                if group == "quote" or value is None or is_placeholder(value) or "[redacted" in value:
                    continue
                if match.start(group) not in begun and (group != "opaque" or is_opaque(value)):
                    begun.add(match.start(group))
                    yield match.start(group), match.end(group), "password"


def find_in_arguments(arguments: Sequence[str]) -> dict[int, tuple[int, int]]:
    """
    Passwords in a command line that comes as a list: `["mysql", "-p…"]`.

    Args:
        arguments: Program and arguments.

    Returns:
        For each argument with a password in it, by its index, where that begins and ends.
    """
    joined = " ".join(arguments)
    if len(joined) > _MAX_ARGUMENTS_CHARS or not may_be_command(joined):
        return {}
    starts: list[int] = []
    position = 0
    for argument in arguments:
        starts.append(position)
        position += len(argument) + 1
    found: dict[int, tuple[int, int]] = {}
    for start, end, name in find_command_secrets(joined, TextWork(_ARGUMENTS_UNITS)):
        index = bisect_right(starts, start) - 1
        last = starts[index] + len(arguments[index])
        if name != CUT:
            found[index] = (start - starts[index], min(end, last) - starts[index])
    return found
