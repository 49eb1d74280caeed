"""
What the collector's configuration knows of secrets and of content, written from one table each.

    python collector/redaction.py            writes both, between the marks in config/base.yaml and config/options/no-content.yaml
    python collector/redaction.py --check    says whether they are as they would be written

Tokens are those of `otel_agent.redaction.detection.issuers`, the table the agent's own rules are made of, so agent and collector agree.

Our processor `secrets` looks in one pass for texts the patterns cannot do without, and tries the patterns whose text is there; so
each pattern has letters of its own, which Go's tests of the processor hold. The contrib distribution's processor tries every
pattern on every value, so there what a pattern costs that does not match is all that counts. Go looks for letters a pattern begins
with in some nanoseconds, and pays fifty times that for a pattern that begins with a boundary, a choice or a class, or that reads
both cases. So each pattern here begins with letters wherever that can be had: choices at the beginning are written out, and a
boundary stands only where a token could be the end of a word followed by words.

Nearly all values hold nothing: `PLAIN` describes values in which none of the patterns can be found, in forms that Go reads
character by character. What they fit passes. Names are judged before, because what is plain there may be a password; names of the
conventions are looked up.

Sources: the README of the collector's redaction processor; https://pkg.go.dev/regexp/syntax; for content the GenAI semantic
conventions, now and before, and the attributes of OpenLLMetry, OpenInference, pydantic-ai, Logfire, Langfuse and the AI SDK.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from otel_agent.redaction.detection.command_secrets import COMMANDS
from otel_agent.redaction.detection.issuers import ISSUERS, Issuer

CONFIG = Path(__file__).resolve().parent / "config"
BEGIN, END = "# Written by collector/redaction.py:", "# End of what is written."

SURE_CHARS = 4
"""What begins with as many letters of its own is no end of a word."""

LABEL = "[a-z][0-9a-z]{1,15}"
"""A vendor's name in front of a token; it is no secret, and a pattern without it begins with letters."""

FAMILY = "sk-"
"""So many issuers begin with it, and so many words end with it, that their tokens stand in one pattern with one boundary."""

ANY_OF_FAMILY, _WITH_DIGIT = "sk-[0-9A-Za-z_-]{16,}", "[a-z_-]{0,40}[0-9A-Z][0-9A-Za-z_-]{8,}"
"""The pattern of those that have no other letters, and the same without what is words only: `sk-learn-contrib-packages`."""

LED_CHARS = 40
"""Tokens that have so many characters before their own letters are looked for together."""

HEX_LED_CHARS = 30
"""Digits and letters up to "f" before a token's own letters, at least."""

SIGN_CHARS = 3
"""So many letters and digits say which program a command is for."""

MAX_CHOICES = 8
"""So many choices at the beginning of a pattern are written out."""

PAIRS = tuple(
    "assword ASSWORD asswd ASSWD assphrase pwd PWD ecret ECRET oken OKEN redential uthorization ignature"  # noqa: SIM905 - a list of words reads best as a sentence
    " api_key api-key apikey apiKey APIKEY Api-Key ccess_key ccessKey ccess-key rivate_key ccountKey ecret_key ecretKey _KEY ryption_key"
    " aes_key aster_key icense_key hared_key auth_code sessionid SESSID _pass _PASS _PAT ccess-Key PASSPHRASE API-KEY ACCESS-KEY SECRET-KEY"
    " uth-Key uth_key gning_key igner_key mac_key enc_key ypto_key rivkey rivKey _auth SessionId JSESSIONID _session verifier Key-Data key-data"
    " keypass storepass dbpass".split()
)
"""Ends of names beside a value in a text or in a map: `access_token=…`, `"dbPassword": "…"`, `X-Api-Key: …`."""

_SIGN = r"(?:=>?|:=|->|<-)"
_CLOSED = r"""["'\]\\)]{0,4}"""
_QUOTED = r"""[bru]?\\{0,4}["'`](?:[^"'\\`]|\\.)+"""
_WITH_A_DIGIT = r"(?:[A-Z][A-Za-z]{2,9} )?[A-Za-z_+/=.~-]*[0-9][0-9A-Za-z_+/=.~!-]{4,}"
_ESCAPE = r"""(?:%(?:25){0,2}(?:2[27]|5[Dd])|&(?:quot|apos|#34|#39|#x2[27]);|\\{1,4}(?:u002[27]|x2[27]))"""
_ESCAPED_SIGN = r"(?:%(?:25){0,2}3[AaDd]|\\{1,4}u003[ad])"
_ESCAPED_BLANK = r"(?:\s|\+|%(?:25)?20)?"
BESIDE = (
    rf"(?:{_CLOSED}{_SIGN}(?:[^\s&\"',;$%{{*?:]|%[0-9A-Fa-f])[^\s&\"',;]*"
    rf"|{_CLOSED}\s*(?:{_SIGN}|:)\s*(?:{_QUOTED}|{_WITH_A_DIGIT}|[A-Za-z.]{{0,24}}[(\[{{]{{1,2}}{_QUOTED})"
    r"|[\"']?(?: [^<>]*)?>\s*(?:<!\[CDATA\[)?[^<\s]{4,}"
    rf"|(?:\[[^\[\]\s]*\])(?:=>?|: ?)[^\s&\"',;]{{4,}}"
    # escaped once or twice, in percent signs, entities or backslashes
    rf"|{_ESCAPE}{{1,3}}{_ESCAPED_BLANK}(?:[:=]|{_ESCAPED_SIGN}){_ESCAPED_BLANK}{_ESCAPE}{{0,2}}[^\s&\"'%\\<]{{4,}}"
    rf"|{_ESCAPED_SIGN}{_ESCAPED_BLANK}{_ESCAPE}{{0,2}}[^\s&\"'%\\<]{{4,}}"
    # on the line below, as the value of an entry or an attribute, as the second of a pair
    r"|:[ \t]{0,4}[|>]?[+-]?\r?\n[ \t]+(?:- )?[^\s:#]{6,}[ \t]*(?:\r?\n|$)"
    r"|[\"']?,?\s+[\"']?[Vv]alue[\"']?\s{0,4}[:=]\s{0,4}[\"']?[^\s\"',}<>{]{3,}"
    r"|[\"'],\s{0,4}[bru]?[\"'][^\"'\n]*[0-9][^\"'\n]{2,}[\"']\s{0,4}[)\]])"
)
"""What stands behind such a name: a sign and a value; behind a colon, where sentences go on, one with a digit in it; an element."""

_MADE = r"(?:[A-Za-z+/_=]+[0-9]+[A-Za-z+/_=][0-9A-Za-z_+/=~-]{3,}|[1-9][0-9]{0,3}[A-Za-z][0-9A-Za-z_+/=~]{9,})"
"""A word that looks made by a machine, as near as an expression without memory comes to it: `opaque_values` of the agent's counts."""

SPOKEN_NAMES = (
    *("assword", "ASSWORD", "asswd", "assphrase", "ecret", "ECRET", "oken", "OKEN", "api_key", "api-key", "apiKey", "API_KEY"),
    *("api key", "API key", "Api key", "API Key", "API KEY", "ecret key", "ecret Key"),
)  # fmt: skip
"""Ends of names that stand beside a value without a sign between: `token … expired`, `password is '…'`, `| api_key | … |`."""

SPOKEN = (
    r"s?[\"'`)\]]?(?:(?:\s?[;|~]\s?|\s+)(?:\| )?(?:(?:is|was|are|set|to|from|of|provided|generated|changed|reset|string)\s?:?\s){0,3}"
    r"(?:(?:for|of) [^\s:]+(?: [^\s:]+)?:\s|: ?)?[\"'`(]{0,2}"
    rf"{_MADE}|(?: (?:is|was|to))?\s+[\"'`][^\s\"'`]*[0-9][^\s\"'`]{{2,}}[\"'`])"
)
"""What stands behind such a name: a value that looks made by a machine, or one in quotes with a digit in it."""

SETTING = (
    r"--[a-z][0-9a-z-]*(?:password|passwd|token|secret|api-key|account-key|access-key|secret-key|passphrase)[\"']?,?\s{1,4}[\"']?[^\s\"'/-][^\s\"']{3,}",
    r"--(?:password|passwd|token|secret|key|pass|passphrase)[\"']?,?\s{1,4}[\"']?[0-9A-Za-z_+/=.~!@#$%^&*]*[0-9][^\s\"']{2,}",
    r"(?:[Ss]et|[Ww]ith|[Uu]s(?:e|ing))_?(?:[Pp]assword|[Tt]oken|[Ss]ecret|[Aa]pi_?[Kk]ey)\([\"'][^\"'\n]{4,}[\"']",
    r"(?:Secret(?:Str|Value|Bytes)?|Password|Sensitive)\(b?[\"'][^\"'\n]{4,}[\"']\)",
    r"(?:IDENTIFIED|identified)\s+(?:(?:WITH|with)\s+\S+\s+)?(?:BY|AS|by|as)\s+(?:VALUES\s|PASSWORD\s)?[\"']?[^\s\"';]{2,}",
    r"Key \([^()\n]*(?:api_key|token|password|secret)[^()\n]*\)=\([^()\n]+\)",
    r"input_value='[^'\n]*[0-9][^'\n]{2,}', input_type=str",
    r"""(?:nemonic|phrase|PHRASE)["']?\s{0,2}[:=]\s{0,2}["']?(?:[a-z]{3,8} ){11,23}[a-z]{3,10}""",
)
"""Options, calls and statements that set a secret, and what a validator says of one."""

FORMATS = (
    r"eyJ[0-9A-Za-z_-]{5,}\.[0-9A-Za-z_-]{4,}(?:\.[0-9A-Za-z_-]*)*",
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
    r"""://[^\s/?#:@'"<>]*:[^\s/?#@'"<>]+@""",
    r"hooks\.slack\.com/(?:services|workflows|triggers)/[0-9A-Za-z_/-]{8,}",
    r"/api/webhooks/[0-9]{1,24}/[0-9A-Za-z_-]{8,}",
    r"\.(?:webhook\.office|logic\.azure)\.com(?::[0-9]{1,5})?/[0-9A-Za-z@/.?&=%_-]{16,}",
    r"outlook\.office(?:365)?\.com/webhook/[0-9A-Za-z@/.?&=%_-]{16,}",
    r"hooks\.zapier\.com/hooks/catch/[0-9A-Za-z/_-]{8,}",
    r"events\.pagerduty\.com/integration/[0-9A-Za-z_-]{8,}",
    r"/bot/v2/hook/[0-9A-Za-z_-]{8,}",
    r"infura\.io/(?:ws/)?v3/[0-9a-f]{24,}",
    r"alchemy(?:api)?\.(?:com|io)/v2/[0-9A-Za-z_-]{20,}",
    r"jdbc:oracle:[a-z]{1,8}:[^\s/@]{1,64}/[^\s@]{1,128}@",
    r"sig=[0-9A-Za-z%/+_-]{20,}",
    r"appid=[0-9a-f]{32}",
    r"\$2[abxy]\$[0-9]{2}\$[./0-9A-Za-z]{40,}",
    r"\$6\$[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{40,}",
    r"\$argon2[a-z]{1,2}\$[0-9A-Za-z=,$+/-]{30,}",
    r"Bearer [0-9A-Za-z_.~+/-]{16,}={0,2}",
    r"bearer [0-9A-Za-z_.~+/-]{16,}={0,2}",
    r"Basic [0-9A-Za-z+/]{16,}={0,2}",
    r"[Bb]earer [0-9A-Za-z_.~+/-]{0,15}[0-9][0-9A-Za-z_.~+/-]{6,}",
    r"://[0-9A-Za-z_-]{20,}@",
    r"(?:maker\.ifttt\.com/trigger/[0-9A-Za-z_]{1,64}/with/key|hc-ping\.com|healthchecks\.io/ping|api/v[0-9]{1,2}/webhooks/[0-9]{1,24}|hook\.[a-z0-9]{2,4}\.make\.com)/[0-9A-Za-z_-]{16,}",
    r"[?&](?:key|code|sid|session|auth|pass|pwd|sign?|hmac)=[0-9A-Za-z_%+/=-]{10,}",
    r"/(?:reset|verify|magic|activate|confirm|invite)[0-9A-Za-z_-]{0,24}/[0-9A-Za-z_-]{20,}",
    r'"kty":[^{}]*"(?:d|p|q|dp|dq|qi|k)":\s?"[0-9A-Za-z_-]{20,}"',
    r"Private-Lines: [0-9]{1,3}(?:\r?\n|\\n)(?:[0-9A-Za-z+/=]{1,128}(?:\r?\n|\\n)?)+",
    r"(?:nats|mqtts?|tls)://[^\s@/:]{10,}@",
)
"""Secrets that no issuer's table has: tokens of every issuer, private keys, passwords in addresses, webhooks, headers."""

KEYS = (
    *("ass(?:word|wd|phrase|code)", "ASS(?:WORD|WD|PHRASE)", "pwd", "PWD", "ecrets?", "SECRETS?", "redentials?", "ookie", "uthorization"),
    *("oken", "TOKEN", "csrf", "jwt", "mnemonic", "api[_-]?[kK]ey", "_KEY", "ccess[_-]?[kK]ey", "ecret[_-]?[kK]ey"),
    *("rivate[_-]?[kK]ey", "ccount[_-]?[kK]ey", "app_key", "auth_key", "signing_key", "ryption_key", "aster_key", "icen[sc]e_key"),
    *("ingest_key", "hared_key", "torage_key", "ession_key", "card_number", "_(?:cvv|ssn|otp|phrase)", "sessionid"),
)  # fmt: skip
"""Ends of names whose value is a secret; plural tokens are counted ones, and `session.id` is an id of the conventions."""

WHOLE_KEYS = ("(?:cv[cv]|otp|psk|s(?:sn|ession_id)|a(?:pi|ccess)_keys)",)

KNOWN_KEYS = tuple(
    "otel_agent.redacted.name otel_agent.redacted.status service.name service.version service.namespace service.instance.id"  # noqa: SIM905 - as above
    " telemetry.sdk.name telemetry.sdk.language telemetry.sdk.version telemetry.distro.name telemetry.distro.version host.name host.id"
    " process.pid process.executable.name process.runtime.name process.runtime.version deployment.environment.name"
    " code.function.name code.file.path code.line.number code.function code.namespace code.lineno code.filepath thread.id thread.name"
    " exception.type exception.message exception.stacktrace error.type log.iostream server.address server.port client.address"
    " network.peer.address network.peer.port network.protocol.name network.protocol.version network.transport"
    " http.request.method http.response.status_code http.route http.method http.status_code http.url http.target http.scheme http.host"
    " http.flavor net.peer.name net.peer.port url.full url.path url.query url.scheme user_agent.original"
    " db.system db.system.name db.name db.namespace db.operation db.operation.name db.collection.name db.statement db.query.text"
    " db.query.summary db.response.status_code db.response.returned_rows rpc.system rpc.service rpc.method rpc.grpc.status_code"
    " messaging.system messaging.operation.name messaging.operation.type messaging.destination.name messaging.message.id"
    " gen_ai.system gen_ai.provider.name gen_ai.operation.name gen_ai.request.model gen_ai.response.model gen_ai.response.id"
    " gen_ai.response.finish_reasons gen_ai.request.temperature gen_ai.request.max_tokens gen_ai.request.top_p gen_ai.output.type"
    " gen_ai.usage.input_tokens gen_ai.usage.output_tokens gen_ai.usage.total_tokens gen_ai.agent.name gen_ai.agent.id"
    " gen_ai.conversation.id gen_ai.tool.name gen_ai.tool.type gen_ai.tool.call.id openinference.span.kind llm.model_name"
    " llm.token_count.prompt llm.token_count.completion llm.token_count.total agent.name symbol".split()
)
"""Names that are no secret's, which a look into a table knows; their values are looked at all the same."""

HARMLESS_KEYS = tuple(f"{word}_token$" for word in ("eos", "bos", "pad", "unk", "stop", "per", "first", "next", "last"))
"""Tokens of tokenizers, and measures of them."""

HARMLESS_VALUES = ("^(?:true|false)$",)
"""No truth value is a secret, whatever its name: `user.has_password`."""

_LETTER = "[0-9A-IK-Za-z_+]"
PLAIN = (
    # Words, none of them as long as a token: without "J", which every JSON web token begins with, and without signs that stand
    # between a name and its value. Behind a blank, where "Bearer" may be, dots and slashes are parts of words.
    rf"^{_LETTER}{{0,14}}(?:[.,;()!?|#*]{_LETTER}{{0,14}})*(?: [./0-9A-IK-Za-z_+]{{0,15}}(?:[,;()!?|#*][./0-9A-IK-Za-z_+]{{0,15}})*)*$",
    # Times, dates, numbers
    "^[0-9TZ:., +-]*$",
    # UUIDs, ids of traces, hashes
    "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "^[0-9a-f]{16,64}$",
    # Paths, none of whose parts begins as "webhooks" does
    "^(?:/[0-9A-Za-vx-z_{][0-9A-Za-z_{}]{0,13})*/?$",
)
"""Values in which no pattern is found; `tests/collector/test_redaction.py` tries examples of each pattern on them."""

CONTENT = (
    # GenAI semantic conventions
    *("gen_ai[.](?:input|output)[.]messages", "gen_ai[.]system_instructions", "gen_ai[.]tool[.](?:definitions|description)"),
    *("gen_ai[.]tool[.]call[.](?:arguments|result)", "gen_ai[.]retrieval[.](?:documents|query[.]text)"),
    *("gen_ai[.]evaluation[.]explanation", "gen_ai[.]event[.]content", "gen_ai[.]agent[.]description"),
    # GenAI semantic conventions before, and OpenLLMetry
    r"gen_ai[.](?:prompt|completion)(?:[.][0-9].*)?",
    *("gen_ai[.]request[.]structured_output_schema", "llm[.]request[.]functions[.].*", "llm[.](?:prompts|completions)(?:[.].*)?"),
    *("traceloop[.]entity[.](?:input|output)", "traceloop[.]prompt[.]template(?:_variables)?"),
    *("db[.]query[.]result[.](?:document|metadata|vector)", "db[.]query[.]embeddings[.]vector", "mcp[.](?:request[.]argument|response[.]value)"),
    # OpenInference
    *("(?:input|output)[.]value", "llm[.](?:input|output)_messages[.].*", "llm[.](?:prompt_template|tools|choices)[.].*"),
    *("llm[.](?:function_call|invocation_parameters)", "retrieval[.]documents[.].*", "reranker[.](?:query|(?:input|output)_documents)(?:[.].*)?"),
    *("embedding[.](?:text|vector|embeddings[.].*)", "tool[.](?:parameters|description|json_schema)", "message[.].*", "document[.](?:content|metadata)"),
    *("(?:image|audio)[.](?:url|transcript)", "message_content[.].*", "tool_call[.]function[.]arguments"),
    # pydantic-ai and Logfire
    *("all_messages_events", "pydantic_ai[.]all_messages", "events", "final_result", "tool_arguments", "tool_response"),
    *("model_request_parameters", "(?:request|response)_data", "combined_raw_input"),
    # Langfuse, the AI SDK, MLflow, LiveKit, Haystack, Google's agents
    *("langfuse[.](?:observation|trace)[.](?:input|output|metadata)(?:[.].*)?", "ai[.]prompt(?:[.].*)?", "ai[.]response[.](?:text|object|toolCalls|reasoning)"),
    *("ai[.]toolCall[.](?:args|result)", "ai[.]values?", "mlflow[.]span(?:Inputs|Outputs)", "haystack[.]component[.](?:input|output)"),
    *("lk[.](?:chat_ctx|user_input|input_text|instructions|response[.](?:text|function_calls)|function_tool[.](?:arguments|output))", "lk[.]user_transcript"),
    *("gcp[.]vertex[.]agent[.](?:llm_request|llm_response|tool_call_args|tool_response|data)",),
)  # fmt: skip
"""Names of attributes that hold what was said: prompts, answers, documents, arguments and results of tools, and their schemas."""

CONTENT_EVENTS = r"^gen_ai[.](?:(?:system|user|assistant|tool)[.]message|choice|content[.](?:prompt|completion)|client[.]inference[.]operation[.]details)$"
"""Events whose body is content, in the conventions of one time or another."""

CONTENT_IN_EVENTS = "^(?:content|message|parts|tool_calls|function_call|arguments|refusal|finish_message)(?:[.].*)?$"
"""Attributes of such an event that are content, where its producer has attributes instead of a body."""

HELD_BACK = "held back by no-content"


def value_patterns(issuers: Iterable[Issuer]) -> list[str]:
    """
    Patterns of secrets in texts.

    Args:
        issuers: Rows with a `pattern` that RE2 reads, without a boundary in front, and an `anchor`, which is a part of every
            token.

    Returns:
        Formats first, then commands, then names beside values, then tokens in the order of their issuers, each once.
    """
    beside = [name + BESIDE for name in PAIRS]
    spoken = [name + SPOKEN for name in SPOKEN_NAMES]
    tokens: list[str] = []
    inside: list[str] = []
    behind_hex: list[str] = []
    family: list[str] = []
    bounded: list[str] = []
    for issuer in issuers:
        pattern = _from_anchor(issuer.pattern.removeprefix(LABEL), issuer.anchor)
        led, hex_led = _LED.match(pattern), _HEX_LED.match(pattern)
        if pattern.startswith(FAMILY):
            family.append(_WITH_DIGIT if pattern == ANY_OF_FAMILY else pattern.removeprefix(FAMILY))
        elif led is not None and int(led["count"]) >= LED_CHARS and len(issuer.anchor) >= SURE_CHARS:
            inside.append(re.escape(issuer.anchor))
        elif hex_led is not None:
            behind_hex.append(hex_led["rest"])
        else:
            for each in _spelled_out(pattern):
                (bounded if _ends_words(each) else tokens).append(each)
    around = "[0-9A-Za-z+/_~.-]"
    joined = [f"{around}{{{LED_CHARS},}}(?:{'|'.join(dict.fromkeys(inside))}){around}*={{0,3}}"] if inside else []
    joined += [f"[0-9a-f]{{{HEX_LED_CHARS},}}(?:{'|'.join(behind_hex)})"] if behind_hex else []
    bounded = [f"{FAMILY}(?:{'|'.join(family)})", *bounded] if family else bounded
    joined += [rf"\b(?:{'|'.join(bounded)})"] if bounded else []
    return list(dict.fromkeys([*FORMATS, *SETTING, *command_patterns(), *spoken, *beside, *joined, *tokens]))


def command_patterns() -> list[str]:
    """Patterns of passwords in command lines and protocols, made of the agent's own, for signs that say something."""
    return [
        re.sub(r"^\(\?m\)", "", _for_go(pattern))
        for signs, pattern in COMMANDS
        if min(len(sign.strip(" -\"'=")) for sign in signs) >= SIGN_CHARS and "(?!-)" not in pattern
    ]


def _for_go(pattern: str) -> str:
    """A pattern of the agent's without looking around, without names of groups and without bounds, which RE2 does not need."""
    made = pattern.replace(r"(?:(?<!\d)|(?<=x01))", r"\b").replace(r"\Z", r"\z")
    while (found := re.search(r"\(\?(?:[=!]|<[=!])", made)) is not None:
        made = made[: found.start()] + made[_closing(made, found.start()) :]
    while (found := re.search(r"\(\?P<opaque>", made)) is not None:
        made = made[: found.start()] + _MADE + made[_closing(made, found.start()) :]
    made = re.sub(r"\(\?P<\w+>", "(?:", made)
    return re.sub(r"\{1,(?:64|128|256|512)\}", "+", re.sub(r"\{0,(?:64|128|256|512)\}\??", "*?", made))


def _closing(pattern: str, opening: int) -> int:
    """Behind the bracket that closes the one at a position."""
    depth, position, is_class = 0, opening, False
    while True:
        letter = pattern[position]
        if letter == "\\":
            position += 1
        elif letter == "[" and not is_class:
            is_class = True
        elif letter == "]" and is_class:
            is_class = False
        elif letter in "()" and not is_class:
            depth += 1 if letter == "(" else -1
            if depth == 0:
                return position + 1
        position += 1


def _from_anchor(pattern: str, anchor: str) -> str:
    """A pattern from a token's own letters on, where few characters, which are no secret without the rest, stand before them."""
    at = pattern.find(re.escape(anchor).replace("\\-", "-").replace("\\~", "~"))
    lead = pattern[: max(at, 0)]
    return pattern[at:] if lead and len(anchor) > 1 and _SHORT_LEAD.fullmatch(lead) is not None else pattern


def _spelled_out(pattern: str) -> list[str]:
    """A pattern as several, each of which begins with letters, where it begins with a choice of them."""
    sure = _literal(pattern)
    rest = pattern[len(sure) :]
    choice = _CHOICE.match(rest)
    if len(sure) >= SURE_CHARS - 1 or choice is None:
        return [pattern]
    choices = list(choice["letters"] or "") or choice["words"].split("|")
    if choice["optional"]:
        choices.append("")
    made = [f"{sure}{one}{rest[choice.end() :]}" for one in choices]
    is_gain = len(choices) <= MAX_CHOICES and min(len(_literal(each)) for each in made) >= SURE_CHARS - 2
    return [each for one in made for each in _spelled_out(one)] if is_gain else [pattern]


_LED = re.compile(r"\[[^\]]+\]\{(?P<count>[0-9]+)")
_HEX_LED = re.compile(r"(?:\(\?:[0-9a-z]+\)\?)?\[0-9a-f\]\{[0-9,]+\}(?P<rest>.*[A-Z].*|-.*)")
_SHORT_LEAD = re.compile(r"(?:\(\?:bot\)\?)?(?:\[[^\]]+\](?:\{(?:[0-9]|1[0-4]|8,10)\})?){1,2}")
_CHOICE = re.compile(r"(?:\[(?P<letters>[A-Za-z]{2,8})\]|\(\?:(?P<words>[0-9A-Za-z_|-]+)\)(?P<optional>\??))(?![{*+?])")


def _literal(pattern: str) -> str:
    """The letters a pattern begins with."""
    found = re.match(r"(?:[0-9A-Za-z_-]|\\[.+/~])*", pattern)
    sure = "" if found is None else found[0]
    return sure[:-1] if pattern[len(sure) : len(sure) + 1] in {"?", "*", "+", "{"} else sure


def _ends_words(pattern: str) -> bool:
    """Whether what a pattern begins with may end a word and be followed by others: `risk-model-of-1999`."""
    is_like_words = re.match(r"[a-z]{0,3}-|\[[A-Z]{2,8}\]", pattern) is not None
    return len(_literal(pattern)) < SURE_CHARS and is_like_words


def name_settings() -> list[str]:
    """Lines of YAML: what the processor knows of names."""
    return _lists(
        secret_names=[*(f"{key}$" for key in KEYS), *(f"^{key}$" for key in WHOLE_KEYS)],
        known_names=KNOWN_KEYS,
        harmless_names=HARMLESS_KEYS,
        harmless_values=HARMLESS_VALUES,
    )


def value_settings(issuers: Iterable[Issuer]) -> list[str]:
    """
    Lines of YAML: what the processor knows of values.

    Args:
        issuers: See `value_patterns`.
    """
    return _lists(plain_values=PLAIN, secret_values=value_patterns(issuers))


def _lists(**lists: Iterable[str]) -> list[str]:
    return [line for name, patterns in lists.items() for line in (f"{name}:", *(f"  - {_quoted(each)}" for each in patterns))]  # fmt: skip


def content_statements() -> list[str]:
    """Lines of YAML: statements of the transform processor that hold content back."""
    names = f"^(?:{'|'.join(CONTENT)})$"

    def attributes(context: str, event: str) -> list[str]:
        where = f"where {event}" if event else ""
        return [
            f"delete_matching_keys({context}.attributes, {_text(names)})",
            *([f"delete_matching_keys({context}.attributes, {_text(CONTENT_IN_EVENTS)}) {where}"] if event else []),
        ]

    is_span_event = f"IsMatch(spanevent.name, {_text(CONTENT_EVENTS)})"
    is_event = (
        f"IsMatch(log.event_name, {_text(CONTENT_EVENTS)})",
        f'log.attributes["event.name"] != nil and IsMatch(log.attributes["event.name"], {_text(CONTENT_EVENTS)})',
    )
    logs = attributes("log", "")
    for event in is_event:
        logs += [*attributes("log", event)[1:], f"set(log.body, {_text(HELD_BACK)}) where {event}"]
    return [
        "# A group each: statements about events in the same group would run for spans with events only.",
        "trace_statements:",
        *_group(attributes("span", "")),
        *_group(attributes("spanevent", is_span_event)),
        "log_statements:",
        *_group(logs),
    ]


def _group(statements: Sequence[str]) -> list[str]:
    return ["  - statements:", *(f"      - {_quoted(statement)}" for statement in statements)]


def _quoted(text: str) -> str:
    """YAML's single quotes, in which nothing but themselves is escaped; the collector reads `$$` as one `$`."""
    doubled = text.replace("'", "''").replace("$", "$$")
    return f"'{doubled}'"


def _text(text: str) -> str:
    """A string of the transformation language."""
    backslashed = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{backslashed}"'


def written(text: str, what: str, lines: Iterable[str]) -> str:
    """
    A configuration with lines between its marks, indented as the first mark is.

    Args:
        text: The configuration.
        what: Said in the first mark.
        lines: What stands between.

    Raises:
        ValueError: The marks are missing.
    """
    found = re.search(rf"(?ms)^( *){re.escape(BEGIN)} {what}\n.*?^ *{re.escape(END)}\n", text)
    if found is None:
        raise ValueError(f"expected the lines {BEGIN!r} {what!r} and {END!r}")
    indent = found[1]
    body = "".join(f"{indent}{line}\n" for line in (f"{BEGIN} {what}", *lines, END))
    return text[: found.start()] + body + text[found.end() :]


def files() -> dict[Path, str]:
    """Every file this writes, with what is to be in it."""
    base, option = CONFIG / "base.yaml", CONFIG / "options" / "no-content.yaml"
    return {
        base: written(
            written(base.read_text(), "names of secrets", name_settings()),
            "forms of secrets",
            value_settings(ISSUERS),
        ),
        option: written(option.read_text(), "names of content", content_statements()),
    }


def main() -> int:
    """Write, or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 when something would change")
    is_check = parser.parse_args().check
    stale = {path: text for path, text in files().items() if path.read_text() != text}
    for path, text in stale.items():
        if is_check:
            print(f"{path} is not as it would be written: run python collector/redaction.py")
        else:
            path.write_text(text)
    return int(is_check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
