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
from otel_agent.redaction.detection.work_allowance import CUT, TextWork
from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["COMMANDS", "find_command_secrets", "find_in_arguments", "may_be_command"]

_UNITS = 6
_MAX_ARGUMENTS_CHARS, _ARGUMENTS_UNITS = 1 << 14, 1 << 10

_VALUE = r"(?:\"(?P<double>[^\"\n]{1,256})\"|'(?P<single>[^'\n]{1,256})'|(?P<bare>[^\s\"';|&,]{1,256}))"
_BEFORE = r"[^\n|;&]{0,256}?"
_GAP = r"(?:\s{1,4}|[\"'],\s{0,2}(?=[\"'])|=)"
COMMANDS = (
    # user and password in one word
    (("curl", "wget", "http ", "https "), rf"(?:curl\w{{0,3}}|\bhttps?)(?=[\s\"']){_BEFORE}[\s\"'](?:-u|--user|--proxy-user|-U|-a|-A|--auth){_GAP}(?:(?P<quote>[\"'])?[^\s:\"']{{1,64}}:)(?!//|\d{{1,5}}(?:[\s\"']|\Z))(?P<value>[^\s\"']{{1,256}})"),
    (("xh ", "ab -", "hey -"), rf"(?:\bxhs?|\bab|\bhey)(?=[\s\"']){_BEFORE}[\s\"'](?:-u|--user|--proxy-user|-U|-a|-A|--auth){_GAP}(?:(?P<quote>[\"'])?[^\s:\"']{{1,64}}:)(?!//|\d{{1,5}}(?:[\s\"']|\Z))(?P<value>[^\s\"']{{1,256}})"),
    ((" -u ", "--user ", "--creds", "-creds"), r"\s(?:-u|--(?:user|creds|src-creds|dest-creds))[\s=]{1,4}[\"']?[\w.@-]{1,64}[:,](?P<opaque>[^\s\"'/,]{8,256})"),
    (("lftp",), r"lftp\s[^\n|;]{0,128}?-u\s{1,4}[\w.@-]{1,64},(?P<value>[^\s\"']{1,256})"),
    (("bundle config",), r"bundle\sconfig\s{1,4}(?:set\s{1,4})?(?:--\w{1,8}\s{1,4})?\S{1,128}\s{1,4}[\w.@-]{1,64}:(?P<opaque>\S{8,256})"),
    (("smbclient", "rpcclient"), r"(?:smb|rpc)client\b[^\n|;&]{0,256}?\s-U\s{0,2}[^\s%]{1,64}%(?P<value>[^\s]{1,256})"),
    (("chpasswd",), r"echo\s{1,4}(?:-n\s)?[\"']?[\w.-]{1,64}:(?P<value>[^\s\"']{1,256})[\"']?\s{0,4}\|\s{0,4}(?:sudo\s)?chpasswd"),
    (("sudo ",), r"echo\s{1,4}(?:-n\s)?[\"']?(?P<value>[^\s\"'$|]{1,256})[\"']?\s{0,4}\|\s{0,4}sudo\s{1,4}-S"),
    (("sqlplus", "sqlldr", "expdp", "impdp"), r"\b(?:sqlplus|sqlldr|expdp|impdp)\s(?:[^\n|;&]{0,128}?\s)?[\w.-]{1,64}/(?P<value>[^\s@/]{1,128})(?=@|\s{1,4}(?:as\s{1,4}sys|\w{1,16}=))"),
    # a letter of its own
    (("mysql", "mariadb"), rf"(?:mysql\w{{0,8}}|mariadb\w{{0,8}}|mysqldump)(?=[\s\"']){_BEFORE}[\s\"']-p(?P<value>[^\s\"'-][^\s\"']{{1,255}})"),
    (("7z", "zip ", "unrar", "rar ", "sshpass"), r"\b(?:7za?|rar|unrar|sshpass)\s(?:[^\n|;&]{0,64}?\s)?-h?p(?P<value>[^\s\"']{2,256})"),
    (("xfreerdp", "wfreerdp", "mstsc"), r"(?:freerdp|mstsc)\w{0,2}\s[^\n|;&]{0,256}?/p:(?P<value>[^\s\"']{1,256})"),
    (("signtool", "schtasks", "psexec", "PsExec"), rf"(?:signtool|schtasks|[Pp]s[Ee]xec)\w{{0,4}}{_BEFORE}\s(?:/r?p|-p)\s{{1,4}}{_VALUE}"),
    (("zip",), rf"\b(?:un)?zip(?=[\s\"']){_BEFORE}[\s\"']-P{_GAP}{_VALUE}"),
    (("sshpass", "docker", "podman", "helm", "mongo", "nerdctl", "skopeo", "buildah", "crane", "twine", "cqlsh", "rabbitmqadmin", "ncftp", "altool", "keychain", "useradd"),
     rf"(?:sshpass|(?:docker|podman|helm\sregistry|nerdctl|skopeo|buildah|crane\sauth)[\s\"',]{{1,4}}login|mongo\w{{0,8}}|twine|cqlsh|rabbitmqadmin|ncftp\w{{0,3}}|altool|keychain|useradd)(?=[\s\"']){_BEFORE}[\s\"']-p{_GAP}{_VALUE}"),
    (("az ", "oc ", "cf "), rf"\b(?:az|oc|cf)[\s\"',]{{1,4}}(?:acr[\s\"',]{{1,4}})?login(?=[\s\"']){_BEFORE}[\s\"']-p{_GAP}{_VALUE}"),
    (("sqlcmd", "bcp ", "ipmitool", "mosquitto", "snmp"), rf"\b(?:sqlcmd|bcp|ipmitool|mosquitto_\w{{2,4}})(?=[\s\"']){_BEFORE}[\s\"']-P{_GAP}{_VALUE}"),
    (("snmp",), rf"snmp\w{{3,8}}(?=[\s\"']){_BEFORE}[\s\"']-A{_GAP}{_VALUE}"),
    (("snmp",), rf"snmp\w{{3,8}}(?=[\s\"']){_BEFORE}[\s\"']-X{_GAP}{_VALUE}"),
    (("ldappasswd",), rf"ldappasswd(?=[\s\"']){_BEFORE}[\s\"']-[sa]{_GAP}{_VALUE}"),
    (("security ",), rf"security\sadd-\w{{4,8}}-password{_BEFORE}\s-w\s{{1,4}}{_VALUE}"),
    (("redis-cli", "valkey-cli"), rf"(?:redis|valkey)-cli(?=[\s\"']){_BEFORE}[\s\"']-a{_GAP}{_VALUE}"),
    (("ldap",), rf"ldap\w{{3,8}}(?=[\s\"']){_BEFORE}[\s\"']-w{_GAP}{_VALUE}"),
    (("ssh-keygen",), rf"ssh-keygen(?=[\s\"']){_BEFORE}[\s\"']-[NP]{_GAP}{_VALUE}"),
    (("openssl",), rf"openssl(?=[\s\"']){_BEFORE}[\s\"'](?:-(?:[kK]|hmac){_GAP}|-pass(?:in|out)?\s{{1,4}}pass:){_VALUE}"),
    (("keytool", "jarsigner", "keystore"), rf"-(?:store|key|new|src(?:store)?|dest(?:store)?)pass(?:wd)?{_GAP}{_VALUE}"),
    (("htpasswd",), r"htpasswd\s{1,4}-(?!\w{0,4}n)\w{0,4}b\w{0,4}\s{1,4}(?:-\w{1,4}\s{1,4}){0,4}\S{1,128}\s{1,4}\S{1,64}\s{1,4}(?P<value>[^\s\"']{1,256})"),
    (("htpasswd",), r"htpasswd\s{1,4}-(?=\w{0,4}n)\w{0,4}b\w{0,4}\s{1,4}(?:-\w{1,4}\s{1,4}){0,4}\S{1,64}\s{1,4}(?P<value>[^\s\"']{1,256})"),
    (("net user", "net use "), r"net\suser?\s{1,4}(?:\w:\s{1,4})?[\w.\\$-]{1,128}\s{1,4}(?:(?=\S{0,256}[\d!@#$%^&*])(?!\d+(?:\s|\Z))|(?=\S{1,256}\s{1,4}/))(?P<value>[^\s/\\]\S{1,256})"),
    # what stands last
    ((" login ", " authtoken ", " auth "), r"(?<![\w.-])(?:cargo|wandb|snyk|railway|ngrok|vault|flyctl|modal)\s(?:login|authtoken|auth)\s{1,4}(?:--\S{1,64}\s{1,4}){0,3}(?=\S{0,256}\d)(?P<value>[^\s-]\S{7,256})"),
    (("vault operator",), r"vault\soperator\s(?:unseal|rekey|generate-root)\s{1,4}(?:-\S{1,64}\s{1,4}){0,4}(?P<value>[^\s-]\S{7,256})"),
    (("rabbitmqctl",), r"rabbitmqctl\s{1,4}(?:-\S{1,64}\s{1,4}){0,4}(?:add_user|change_password|authenticate_user)\s{1,4}\S{1,64}\s{1,4}[\"']?(?P<value>[^\s\"']{1,256})"),
    (("mc alias", "mc config"), r"\bmc\s(?:alias\sset|config\shost\sadd)\s{1,4}\S{1,64}\s{1,4}\S{1,128}\s{1,4}(?:\S{1,64}|\[redacted: [a-z ]{1,24}\])\s{1,4}(?P<value>\S{1,256})"),
    (("http-basic", "pypi-token", "-oauth.", "-token."), r"config\s{1,4}(?:--\S{1,16}\s{1,4}){0,3}(?:http-basic\.\S{1,64}\s{1,4}\S{1,64}|(?:pypi-token|\w{3,12}-oauth|\w{3,12}-token)\.\S{1,64})\s{1,4}(?P<value>[^\s-]\S{1,256})"),
    (("_authToken",), r"_authToken\s{1,4}(?P<value>[^\s=]\S{7,256})"),
    (("wpa_passphrase", "radtest", "isql", "kinit"), r"\b(?:wpa_passphrase\s{1,4}\S{1,64}|radtest\s{1,4}\S{1,64}|isql\s{1,4}(?:-\w{1,4}\s{1,4}){0,4}\S{1,64}\s{1,4}\w{1,64}|kinit\s[^\n<]{0,64}<<<)\s{1,4}[\"']?(?P<value>[^\s\"'-][^\s\"']{1,255})"),
    (("radtest",), r"\bradtest\s(?:[^\n]{1,256}?\s)?\S{1,128}\s\d{1,5}\s{1,4}(?P<value>\S{1,256})"),
    (("SETUSER",), r"ACL\sSETUSER\s[^\n]{0,128}?>(?P<value>\S{1,256})"),
    (("encrypt_string",), rf"encrypt_string\s{{1,4}}(?:--\S{{1,64}}\s{{1,4}}){{0,4}}{_VALUE}"),
    (("SecureString", "keyvault secret"), rf"(?:type\sSecureString|keyvault\ssecret\sset){_BEFORE}\s--value{_GAP}{_VALUE}"),
    (("--password-stdin", "--stdin", "--with-token"), r"echo\s{1,4}(?:-n\s)?[\"']?(?P<value>[^\s\"'$|]{1,256})[\"']?\s{0,4}\|[^\n|]{1,128}(?:--password-stdin|--stdin|--with-token)"),
    (("codecov",), r"codecov\S{0,16}\s[^\n|;&]{0,64}?-t\s{1,4}(?P<value>\S{8,256})"),
    (("--key ", " -k ", " -v "), r"(?:gem\spush\s[^\n|;&]{1,128}\s--key|openai\s(?:\S{1,32}\s{1,4}){0,2}-k|kaggle\sconfig\sset\s[^\n|;&]{0,64}-v)\s{1,4}(?P<opaque>\S{8,256})"),
    (("sonar.login",), r"sonar\.login=(?P<value>\S{8,256})"),
    (("user:password",), r"user:password\s{1,4}\S{1,64}\s{1,4}[\"']?(?P<value>[^\s\"']{1,256})"),
    (("-nkey", "--encrypt"), r"(?:--nkey|qpdf\s(?:[^\n|;&]{0,64}\s)?--encrypt)\s{1,4}(?P<value>[^\s-]\S{1,256})"),
    (("--encrypt",), r"qpdf\s(?:[^\n|;&]{0,64}\s)?--encrypt\s\S{1,256}\s{1,4}(?P<value>\S{1,256})"),
    # any program's letter for a password, when what stands behind it looks made by a machine
    ((" -p ", " -P ", " -pw ", "'-p'", "'-P'", '"-p"', '"-P"'), r"(?<!mkdir)(?<!cp)(?<!install)(?<!docker run)[\s\"']-(?:p|P|pw)(?:\s{1,4}|[\"'],\s{0,2}(?=[\"']))[\"']?(?P<opaque>[0-9A-Za-z!@#$%^&*_+=~]{8,256})(?=[\s\"']|\Z)"),
    (("vault",), rf"vault\s{{1,4}}login\s{{1,4}}(?:-\S{{1,64}}\s{{1,4}}){{0,4}}(?!-){_VALUE}"),
    (("gh secret",), rf"gh\ssecret\sset{_BEFORE}\s(?:-b|--body){_GAP}{_VALUE}"),
    (("rootpw",), r"rootpw\s{1,4}(?:--\w{1,16}\s{1,4}){1,3}(?P<value>[^\s-]\S{1,256})"),
    # builds mask what they are told to
    (("add-mask",), r"add-mask(?:\]|::)(?P<value>[^\s\"']{2,256})"),
    # code
    (("asicAuth", "asic_auth", "BASIC"), r"[Bb]asic_?[Aa]uth\(\s{0,4}(?:login=|username=)?[\"'][^\"'\n]{1,64}[\"'],\s{0,4}(?:password=)?[\"'](?P<value>[^\"'\n]{1,256})[\"']"),
    (("login(", "Credentials(", "PSCredential("), r"(?:\blogin|[Cc]redentials?)\(\s{0,4}(?:user(?:name)?=)?[\"']?[^\"'\n(),]{1,64}[\"']?,\s{0,4}(?:pass(?:word)?=)?(?:[\"'](?P<value>[^\"'\n]{1,256})[\"']|(?P<opaque>[^\s\"'(),]{8,256}))\s{0,4}\)"),
    (("jwt.", "hmac.new", "HMAC", "Fernet(", "AESGCM("), r"(?:jwt\.(?:en|de)code\([^\n]{1,256}?,\s{0,4}(?:key=)?|(?:hmac\.new|HMAC|Fernet|AESGCM)\(\s{0,4}(?:key=)?)b?[\"'](?P<value>[^\"'\n]{6,256})[\"']"),
    (("SecureString",), rf"ConvertTo-SecureString\s{{1,4}}(?:-String\s{{1,4}})?{_VALUE}"),
    (("== ", "!= "), r"[\"'](?P<opaque>[^\s\"']{8,256})[\"']\s?[=!]=\s?(?:\w{1,32}\.){0,3}(?:\w{0,16}(?:password|secret|token|api_?key))\b"),
    (("TRUE\t", "FALSE\t"), r"\t(?:TRUE|FALSE)\t\d{1,12}\t[^\s]{1,128}\t(?P<opaque>\S{8,512})"),
    # a line of .pgpass
    ((":",), r"(?<![\w:/.@*-])[\w.*-]{1,128}:(?:\d{1,5}|\*):[\w*-]{1,64}:[\w.*@-]{1,64}:(?P<opaque>[^\s\"'/]{8,256})(?=[\s\"']|\Z)"),
    # protocols
    (("=A|", "=A\x01", "=A^", "=A\\"), r"(?:(?<!\d)|(?<=x01))(?:554|925|96)=(?P<value>(?:(?!\\x01)[^|\x01^\s\"']){2,256})"),
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
"""What stands in every text that a pattern finds something in, one of them at least, and the pattern; the collector's come from here too."""

_PATTERNS = tuple((signs, late_pattern(f"(?a){pattern}")) for signs, pattern in COMMANDS)


def _alternatives(signs: set[str]) -> str:
    """A choice of texts, parted by the letter they begin with, which is how a search is quick."""
    rests: dict[str, list[str]] = {}
    for sign in sorted(signs):
        rests.setdefault(sign[0], []).append(re.escape(sign[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in rests.items())


_SIGNS = late_pattern(
    _alternatives({sign for signs, _ in COMMANDS for sign in signs if len(sign) > 1}) + "|:[0-9*]{1,5}:[A-Za-z_*]"
)


_IS_WORDY = late_pattern(
    r" (?:login|auth(?:token)?)\s|net\suse|ogin\(|operator\s|s(?:ql(?:plus|ldr)|chtasks)|xpdp|mpdp|dp\s|c(?:tl\s|odecov)|mc\s|onfig\s|_authT|wpa_|radt|kinit|encrypt_"
    r"|jwt\.|hmac|HMAC|Fernet|AESGCM|redential|=(?:=\s|A[|\x01^\\])|!=\s|TRUE\t|FALSE\t|SETUSER|:(?:password\s|[0-9*]{1,5}:[A-Za-z_*])|/(?:p:|r?p\s)"
)
"""Signs of commands without an option, of calls and of lines of protocols."""

_WORDS = (
    " login", " auth", "net", "ogin(", "operator", "sqlplus", "sqlldr", "schtasks", "dp", "ctl", "codecov", "mc", "onfig", "_authT", "wpa_",
    "radt", "kinit", "encrypt_", "jwt.", "hmac", "HMAC", "Fernet", "AESGCM", "redential", "==", "=A", "!=", "TRUE\t", "FALSE\t", "SETUSER",
    ":password", "/p", "/rp",
)  # fmt: skip
_NUMBER = late_pattern(r":[0-9*]")
"""What stands in everything that `_IS_WORDY` finds: one of the words, or such a number."""

_LONG_CHARS = 1 << 11
"""From here on looking for each word is quicker than one pattern with as many alternatives."""

_IS_OAUTH = late_pattern(r"redirect_u|callback\?|code_verifier|client_secret|authorization_code")


def may_be_command(text: str) -> bool:
    """
    Whether a text may be a command line or a line of a protocol with a password; false for most texts, and cheap.

    Written as plain substring tests, which are several times faster than one pattern with as many alternatives.

    Args:
        text: Any text.
    """
    return (
        (
            "-" in text
            and (
                " -" in text
                or "'-" in text
                or '"-' in text
                or "ST-" in text
                or "add-mask" in text
                or "-Dsonar" in text
                or "-SecureString" in text
            )
        )
        or ("A" in text and ("AUTH" in text or "PASS" in text))
        or ("G" in text and "LOGIN " in text)
        or ("|" in text and "chpasswd" in text)
        or "asic" in text
        or _is_wordy(text)
        or ("code" in text and _IS_OAUTH.search(text) is not None)
    ) and _SIGNS.search(text) is not None


def _is_wordy(text: str) -> bool:
    if len(text) >= _LONG_CHARS and not any(word in text for word in _WORDS) and _NUMBER.search(text) is None:
        return False
    return _IS_WORDY.search(text) is not None


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
        for sign in signs:
            if sign in text:
                break
        else:
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
