"""
Realistic places of secrets, as templates: `{}` stands for the secret, which `secret_of` makes of letters and digits.

Texts of programs and of people: command lines, environments, headers, reprs, configuration files, addresses, statements,
messages of libraries and shells. None holds a secret itself.
"""

import random
import string
from collections.abc import Iterator
from typing import Any

TEXTS = [
    # command lines
    "docker login registry.example -u ci --password={}", "helm install app --set auth.password={}", "psql --set=api_key={} -f x.sql",
    "java -Djavax.net.ssl.trustStorePassword={} -jar a.jar", "java -Dapi.token={} -cp . Main", "curl --oauth2-bearer-token {} https://h/",
    "mysqldump --user=me --password={} book", "kubectl create secret generic s --from-literal=db_password={}", "agent --api-key '{}' --paper",
    'agent --client-secret "{}" --verbose', 'agent --client-secret="{}" -v', "['trader', '--secret-key', '{}', '--paper']",
    '["trader","--auth-token","{}","--paper"]', "('run', '--access-token={}')", "Popen(['x', '--db-password', '{}'])", "export AWS_SECRET_ACCESS_KEY={}",
    "set DB_PASSWORD={}", "env STRIPE_SECRET={} python a.py", "docker run -e POSTGRES_PASSWORD={} postgres:17", "sshpass --password {} ssh h",
    "mongo --authenticationDatabase admin --password {} --host h", "msbuild /p:CertificatePassword={} a.sln", "redis-cli --pass {} ping",
    "gpg --batch --passphrase {} -d x", "vault write auth/approle/login role_id=r secret_id={}", "terraform apply -var db_password={}",
    "terraform apply -var='admin_token={}'", "ansible-playbook p.yml --extra-vars 'vault_password={}'",
    # assignments and separators
    "token={}", "token = {}", "password:={}", "secret => {}", "api_key -> {}", "passwd:{}", "pwd\t=\t{}", "private_key          = {}",
    "db.password: {}", "DB_PASS={}", "smtp_pw={}", "bind_pw: {}", "deploy_creds={}", "wifi_psk={}", "PASSWORD\uff1a{}", "password\u00a0=\u00a0{}",
    "auth_token={},retry=3", "auth_token={};retry=3", "auth_token={}&retry=3", "auth_token={}|retry=3", "(auth_token={})", "[auth_token={}]",
    "<auth_token={}>", "auth_token={}.", "auth_token={}!", "connecting (password={}, host=h)", "user=me password={} host=h dbname=b",
    "Server=tcp:h,1433;Uid=me;Pwd={};Encrypt=yes", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=x",
    "Endpoint=sb://h/;SharedAccessKeyName=r;SharedAccessKey={}", "amqps: password={}: access refused", "key 'api_token={}' is wrong",
    'error: "password={}" rejected', "bad option `password={}`", "retry 3: secret={} -> 401", "passphrase={} (8 bytes)", "2026-11-30 ERROR api_key={}",
    # values with signs inside
    "secret={},x{}", "secret=a,{}", "password={};{}", "password={}&{}", "pwd={}'{}", 'pwd={}"{}', "token={}\\{}", "token=<{}>x", "api_key=a={}",
    "api_key={}==", "password='{} {}'", 'password="{}, {}"', "password='{}; {}'", "password='it\\'s {}'", 'password="a\\"{}"', "secret=`{}`",
    # quotes, JSON, reprs
    "{{'password': '{}'}}", '{{"password":"{}"}}', '{{"password" : "{}", "x": 1}}', '{{"a": {{"client_secret": "{}"}}}}', '"{{\\"token\\": \\"{}\\"}}"',
    '"{{\\\\\\"token\\\\\\": \\\\\\"{}\\\\\\"}}"', "{{b'authorization': b'{}'}}", "{{'api_key': b'{}'}}", "{{'credentials': ['{}', 'x1']}}",
    "{{'credentials': ('me', '{}')}}", "{{'secret': {{'v1': '{}'}}}}", "Config(api_key='{}')", "Config(host='h', password='{}', port=1)",
    "namespace(token='{}')", "User(name='a', pass_word=1, password=\"{}\")", "password=SecretStr('{}')", "password=Secret[{}]", "api_key=Token({})",
    'secret: Some("{}")', 'secret: Some(Secret {{ inner: "{}" }})', "auth_token=Redactable(value='{}', kind=1)", "private_key=<PrivateKey '{}'>",
    "private_key=<Key data={}>", "token=Token(value=Inner('{}'))", "token=Optional[{}]", "token=&Token{{{}}}", "password=Sensitive(\n  '{}'\n)",
    'access_token=String("{}")', 'api_key = """{}"""', "password = u'{}'", "password=\n  '{}'",
    # pairs and entries
    "[('authorization', '{}')]", "[(b'x-api-key', b'{}')]", "[['x-auth-token', '{}'], ['a', 'b']]", '[["Authorization","{}"]]', "(('cookie', '{}'),)",
    "('db_password', '{}')", "Header('x', 'y'), ('x-access-token', '{}')", '{{"name": "DB_PASSWORD", "value": "{}"}}', '{{"key":"api_token","value":"{}"}}',
    '{{"Name": "Secret", "Type": "s", "Value": "{}"}}', "{{'name': b'x-api-key', 'value': b'{}'}}", "name=API_TOKEN value={}", "name: api_key, value: {}",
    "- name: SMTP_PASSWORD\n  value: {}", '- name: "SMTP_PASSWORD"\n  value: "{}"', "- key: client_secret\n  value: '{}'",
    '<add key="ApiKey" value="{}"/>', '<property name="password" value="{}"/>', '<entry key="password">{}</entry>', '<input name="password" type="text" value="{}">',
    "<property><name>db.password</name><value>{}</value></property>", "<key>apiKey</key><string>{}</string>", '<string name="secret_key">{}</string>',
    # lines, blocks, elements
    "password: |\n  {}\nuser: me", "password: >-\n    {}\n", "secret:\n  {}\n", "secrets:\n  - {}\n  - {}\n", "tls:\n  private_key: |\n    {}\n    {}\n  port: 1",
    "db:\n  password: {}\n", "password: '{}'", 'password: "{}"', "password: !vault {}", "<password>{}</password>", "<ns:apiKey>{}</ns:apiKey>",
    '<password type="plain">{}</password>', "<secret><![CDATA[{}]]></secret>", "<token>\n  {}\n</token>", "[db]\npassword = {}\n", "password {} \n".replace("password ", "password=", 1),
    "Secret Key: {}", "API key: {}", "Access token: {}", "Private Key = {}", "client secret: {}", "Bearer token: {}", "Signing key: {}", "API Key={}",
    # headers
    "Authorization: {}", "Authorization: Token {}", "authorization: ApiKey {}", "Proxy-Authorization: Basic {}", "X-Api-Key: {}", "x-goog-api-key: {}",
    "Cookie: a=b; sid={}", "Set-Cookie: session={}; Path=/", "DD-API-KEY: {}", "X-Vault-Token: {}", "PRIVATE-TOKEN: {}", "Ocp-Apim-Subscription-Key: {}",
    'curl -H "X-Api-Key: {}" https://h/', "curl -H 'Authorization: Splunk {}' https://h/", "> X-Auth-Token: {}\r\n> Host: h", "'X-Api-Key: {}\\r\\nHost: h'",
    # addresses
    "https://h/?api_key={}", "https://h/?a=1&access_token={}&b=2", "https://h/#access_token={}", "https://u:{}@h/", "redis://:{}@h:6379/0", "https://h/?X-Amz-Security-Token={}",
    "/cb?user%5Bpassword%5D={}", "/cb?next=%2Fx%3Ftoken%3D{}", "/cb?u=https%3A%2F%2Fme%3A{}%40h%2F", "/cb?u=https%253A%252F%252Fh%252F%253Fapi_key%253D{}",
    "/cb?api%5Fkey={}", "password[]={}", "user[password]={}", "user.password={}", "a=1\\u0026token={}", "{{&quot;password&quot;:&quot;{}&quot;}}", "?a=1&amp;token={}",
    "%7B%22password%22%3A%22{}%22%7D", "GET /x?token={} HTTP/1.1", "ftp://me:{}@h/x y",
    # statements
    "ALTER USER me WITH PASSWORD '{}'", "CREATE ROLE me LOGIN ENCRYPTED PASSWORD '{}'", "CREATE USER me IDENTIFIED BY '{}'", "CREATE USER me IDENTIFIED BY {}",
    'ALTER USER me IDENTIFIED BY "{}" REPLACE "{}"', "SET PASSWORD FOR 'me'@'%' = '{}'", "SET PASSWORD FOR me = PASSWORD('{}')", "CREATE LOGIN me WITH PASSWORD = '{}'",
    "IDENTIFIED WITH caching_sha2_password BY '{}'", "UPDATE u SET api_key = '{}' WHERE id = 1", "DETAIL:  Key (api_key)=({}) already exists.",
    "DETAIL:  Key (tenant, access_token)=(4, {}) already exists.", "machine h login me password {}", "CREATE USER MAPPING FOR me SERVER s OPTIONS (user 'me', password '{}')",
    # messages
    "login failed for token: {}", "using api_key {!}".replace("{!}", "= {}"), "invalid api key: {}", "wrong password: {}", "refused (secret: {})", "otp=48{0}9",
]  # fmt: skip
"""Texts; more than one `{}` holds more than one secret."""

ATTRIBUTES: list[Any] = [
    {"password": "{}"}, {"db.password": "{}"}, {"smtp.pw": "{}"}, {"aws.creds": "{}"}, {"headers": [["x-api-key", "{}"], ["a", "b"]]},
    {"headers": [("authorization", "{}")]}, {"headers": [(b"cookie", b"{}")]}, {"header": ["x-api-key", "{}"]}, {"env": [{"name": "API_TOKEN", "value": "{}"}]},
    {"env": [{"value": "{}", "name": "API_TOKEN"}]}, {"setting": {"Key": "db_password", "Value": "{}"}}, {"name": "API_TOKEN", "value": "{}"},
    {"process.command_args": ["a", "--token", "{}"]}, {"process.command_args": ["a", "--token={}"]}, {"process.command_args": ["java", "-Dapi.secret={}"]},
    {"process.command_line": "a --secret-key {} -v"}, {"url.query": "a=1&token={}"}, {"url.full": "https://u:{}@h/"}, {"db.query.text": "ALTER USER a PASSWORD '{}'"},
    {"http.request.header.authorization": ["{}"]}, {"http.request.header.x-api-key": ["{}"]}, {"config": '{{"client_secret": "{}"}}'}, {"deep": {"a": [{"auth_token": "{}"}]}},
    {"X-Auth-Token": b"{}"}, {"error": ValueError("bad password={}")},
    {"process.command_args": ["curl", "-u", "me:{}", "https://h"]}, {"process.command_args": ["mysql", "-u", "root", "-p{}"]},
    {"process.command_args": ["docker", "login", "-p", "{}"]}, {"process.command_args": ["redis-cli", "-a", "{}"]}, {"headers": [{"k": "x-api-key", "v": "{}"}]},
    {"parameter": {"ParameterKey": "DbPassword", "ParameterValue": "{}"}}, {"header": {"name": "x-api-key", "values": ["{}"]}}, {"x-functions-key": "{}"},
    {"api": {"secret": "{}"}}, {"exchange": {"apiKey": "{}", "secret": "{}", "password": "{}"}}, {"http.response.header.set_cookie": ["sid={}; Path=/"]},
    {"db.connection_string": "Server=h;Password={}"}, {"messaging.message.body": "token={}"}, {"gen_ai.tool.call.arguments": '{{"api_key": "{}"}}'},
    {"locals": {"db_password": "'{}'"}}, {"env": ["API_KEY={}", "PATH=/bin"]}, {"proxies": {"https": "http://me:{}@p:1"}}, {"environ": {"SMTP_PASS": "{}"}},
]  # fmt: skip


def secret_of(chance: random.Random) -> str:
    """A secret without a form of its own: letters and digits, a digit among them."""
    letters = "".join(chance.choices(string.ascii_letters + string.digits, k=chance.randrange(10, 15)))
    return f"{letters[:4]}{chance.randrange(10)}{letters[4:]}"


def planted(template: Any, chance: random.Random, secrets: list[str]) -> Any:
    """
    A template with secrets in its places.

    Args:
        template: A text, or values with texts in them.
        chance: Makes secrets.
        secrets: What was planted is added to it.
    """
    if isinstance(template, str):
        parts = template.replace("{0}", "{}").split("{}")
        made = [secret_of(chance) for _ in parts[1:]]
        secrets += made
        filled = parts[0] + "".join(secret + part for secret, part in zip(made, parts[1:], strict=True))
        return filled.replace("{{", "{").replace("}}", "}")
    if isinstance(template, bytes):
        return planted(template.decode(), chance, secrets).encode()
    if isinstance(template, ValueError):
        return ValueError(planted(str(template), chance, secrets))
    if isinstance(template, dict):
        return {key: planted(value, chance, secrets) for key, value in template.items()}
    return type(template)(planted(value, chance, secrets) for value in template)


def all_planted(seed: int) -> Iterator[tuple[Any, Any, list[str]]]:
    """Every template, what it became, and the secrets in it."""
    chance = random.Random(seed)
    for template in (*TEXTS, *ATTRIBUTES):
        secrets: list[str] = []
        made = planted(template, chance, secrets)
        yield template, made, secrets
