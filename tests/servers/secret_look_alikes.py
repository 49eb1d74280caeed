"""What looks like a secret, or stands where one could, and is none: two hundred texts and attributes that must stay as they are."""

from typing import Any

_UUID = "8f14e45f-ceea-467a-9575-1c8f0f2f2ad3"
_HASH = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

ATTRIBUTES: list[dict[str, Any]] = [
    {"llm.token_count.prompt": 512}, {"llm.token_count.completion": 31}, {"llm.token_count.total": 543}, {"llm.token_count.prompt_details.audio": 0},
    {"llm.token_count.completion_details.reasoning": 7}, {"gen_ai.usage.input_tokens": 9}, {"gen_ai.usage.output_tokens": 9}, {"gen_ai.usage.total_tokens": 9},
    {"gen_ai.usage.details.cached_tokens": 4}, {"gen_ai.request.max_tokens": 256}, {"llm.usage.total_tokens": 12}, {"llm.usage.token_type": "input"},
    {"gen_ai.token.type": "output"}, {"usage.prompt_tokens": 3}, {"usage.cache_read_input_tokens": 3}, {"tokens_per_second": 31.5}, {"token_budget": 100},
    {"time_to_first_token": 0.31}, {"eos_token": "</s>"}, {"bos_token": "<s>"}, {"pad_token": "[PAD]"}, {"mask_token": "[MASK]"}, {"stop_token": "END"},
    {"token_ids": [101, 2023]}, {"token": 17}, {"token": 1.5}, {"token": True}, {"token": "ETH"}, {"token_address": "0x" + "a1" * 20}, {"tokenizer": "cl100k_base"},
    {"session.id": "run-7"}, {"langfuse.session.id": "chat-9"}, {"langfuse.trace.metadata.session_id": "chat-9"}, {"traceloop.association.properties.session_id": "t-1"},
    {"gen_ai.conversation.id": "c-1"}, {"mcp.session.id": "m-1"}, {"mlflow.trace.session_id": "s-1"}, {"session_count": 3}, {"session": "pre-market"},
    {"sessions.active": 3}, {"pass": 31}, {"pass": True}, {"passed": 12}, {"tests.pass": 12}, {"password_length": 12}, {"password_expires_at": "2027"},
    {"password": None}, {"password": ""}, {"password": 4711}, {"password": False}, {"password": "***"}, {"password": "${DB_PASSWORD}"}, {"password_policy": "strict"},
    {"secret": 3}, {"secrets": 0}, {"secrets.count": 3}, {"secret_name": "db"}, {"secret.path": "/run/secrets/db"}, {"secret": "/run/secrets/db"},
    {"secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-Ab12"}, {"secret": "projects/p/secrets/s"}, {"secret": "op://vault/db/password"},
    {"auth": "kerberos"}, {"auth": "basic"}, {"auth": "oauth2"}, {"auth": "mtls"}, {"auth": {"method": "oidc"}}, {"auth.type": "bearer"}, {"author": "Bob"},
    {"authority": "example.com"}, {"authorized": True}, {"authentication.method": "password"}, {"api_key_id": "k-3"}, {"api_key.name": "ci"}, {"access_key_id": "main"},
    {"key": "orders:7"}, {"cache_key": "quotes:ACME"}, {"primary_key": "id"}, {"public_key": "ssh-ed25519 AAAA"}, {"messaging.kafka.message.key": "k1"}, {"keyboard": "de"},
    {"partition_key": "eu-1"}, {"routing_key": "orders.new"}, {"idempotency_key": _UUID}, {"foreign_keys": "on"}, {"sort_key": "date"}, {"monkey": "banana"},
    {"cookie_consent": "yes"}, {"cookie.domain": "h"}, {"cookies.count": 2}, {"cookiecutter": "x"}, {"security_code": "US0378331005"}, {"security": "ACME"},
    {"signature": "def f(x)"}, {"design": "x"}, {"signal": "SIGTERM"}, {"sigma": 3.5}, {"mnemonic": "MOV"}, {"instruction.mnemonic": "JMP"}, {"card": "visa"},
    {"card.brand": "amex"}, {"card_count": 2}, {"dashboard": "d1"}, {"order_id": "4539148803436467"}, {"order.id": 4539148803436467}, {"trade_id": 5454545454545454},
    {"id": _UUID}, {"trace_id": _HASH[:32]}, {"git.sha": _HASH[:40]}, {"digest": f"sha256:{_HASH}"}, {"etag": f'"{_HASH[:32]}"'}, {"wallet": "0x" + "a1" * 20},
    {"cvv_present": True}, {"otp.enabled": True}, {"compass": "N"}, {"passenger": "Ann"}, {"bypass": "cache"}, {"csrf.enabled": True}, {"seed": 42}, {"random.seed": 7},
    {"private": True}, {"private": "yes"}, {"user.username": "bob"}, {"credential_type": "iam"}, {"credentials.source": "env"}, {"jwt.alg": "RS256"}, {"jwt_issuer": "h"},
    {"nested": {"token_count": 3, "list": [1, 2.5, None, "a"]}}, {"scopes": ["token", "session"]}, {"columns": ["id", "password_hint"]}, {"pairs": [["symbol", "ACME"]]},
    {"name": "symbol", "value": "ACME"}, {"env": [{"name": "PATH", "value": "/usr/bin"}]}, {"process.command_args": ["agent", "--author", "Bob"]},
]  # fmt: skip

TEXTS = [
    "pass: 12, fail: 0", "pass=31 fail=2", "passed: 12", "PASS: test_orders", '{"pass": 3, "fail": 1}', "tests pass: yes", "auth=kerberos", "auth: oidc",
    "author=Bob", "authors: 3", "token=USDC", "token count: 512", "tokens: 512", "token: 17", "token_count=31", "prompt tokens=4 completion tokens=9",
    "llm.token_count.prompt=57", "invalid token: unexpected end of input", "unexpected token: <", "next token: the", "password: must not be empty",
    "password: field required", "api_key: field required", "api_key: Field required [type=missing]", "password: too short", "secret: not found",
    "no credentials: check the file", "credentials: none", "session: started", "session: 3 open", "cookies: disabled", "key: value", "key=value", "the key: orders",
    "primary_key=id", "cache_key=quotes:ACME", "public_key=abc", "monkey=banana", "otp=25.3", "otp: required", "isin=US0378331005",
    "8=FIX.4.4|35=8|11=5454545454545454|10=001|", "order 4539148803436467 filled", "order_id=5454545454545454", "id 378282246310005", "1763971200000000000",
    f"span {_UUID} done", f"trace {_HASH[:32]}", f"sha256:{_HASH}", f"commit {_HASH[:40]}", f"order {_UUID.upper()}", "v1.0-rc.1", "sk-learn-contrib-packages",
    "task-scheduler-with-a-long-name", "risk-management-system-overview", "api_organisation_of_things", "https://h:8080/path@x?symbol=ACME", "https://user@example.com/",
    "GET /v1/orders?limit=10&page=2", "SELECT password FROM users WHERE id = ?", "UPDATE u SET password = $1", "password=None token='' secret=${SECRET}",
    "password=**** api_key=<your key>", "token={{ token }}", "secret: arn:aws:secretsmanager:eu-west-1:1:secret:db-Ab12", "basic authentication, bearer authentication",
    "Basic information is missing", "Bearer of bad news", "eyJ.eyJ", "a -----BEGIN CERTIFICATE----- b", "0x" + "a1" * 20, "design: modern", "company: ACME", "span: 3 ms",
]  # fmt: skip
