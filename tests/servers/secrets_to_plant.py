"""Secrets to plant, none of them real: by name, as text, and the parts of it that must not be found anywhere."""

SECRETS = {
    "openai": ("sk-proj-Zq8vT1nYw4Rk7Lm2Xc5Bd9Hj", ["Zq8vT1nYw4Rk7Lm2"]),
    "anthropic": ("sk-ant-api03-Wm3Kx9Qp7Tz1Vb5Nc8Ld2Rf6-AA", ["Wm3Kx9Qp7Tz1Vb5N"]),
    "aws": ("AKIAQ3EGRTXZ7WNPLM4V", ["Q3EGRTXZ7WNP"]),
    "github": ("ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", ["a1B2c3D4e5F6"]),
    "github fine-grained": ("github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuV", ["aBcDeFgHiJkL"]),
    "slack": ("xoxb-123456789012-987654321098-AbCdEfGhIjKl", ["AbCdEfGhIjKl", "987654321098"]),
    "jwt": (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0cmFkZXIifQ.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ["eyJzdWIiOiJ0cmFkZXIifQ", "dBjftJeZ4CVPmB92"],
    ),
    "database": ("postgresql://trader:Hx7pW9qLz2@db.example:5432/book", ["Hx7pW9qLz2"]),
    "card": ("4539 1488 0343 6467", ["4539 1488", "0343 6467"]),
    "pem": (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAtVbXq8\nKz9PcYx3TnRwLm5QdVg=\n-----END RSA PRIVATE KEY-----",
        ["MIIEowIBAAKCAQEAtVbXq8", "Kz9PcYx3TnRwLm5QdVg"],
    ),
    "bearer": ("Bearer Vn6Tq2Zr8Wp4Xk0Lm", ["Vn6Tq2Zr8Wp4Xk0Lm"]),
    "basic": ("Basic dHJhZGVyOkh4N3BXOXFMejI=", ["dHJhZGVyOkh4N3BXOXFMejI"]),
    "stripe": ("sk_live_51HxYzAbCdEfGhIjKl", ["51HxYzAbCdEf"]),
    "google": ("AIzaSyD4x8Kq2Lm7Np1Rt5Vw9Yb3Zc6Ef0Gh", ["SyD4x8Kq2Lm7Np"]),
    "slack webhook": ("https://hooks.slack.com/services/T0AB/B0CD/Qw3rTy6uIo9p", ["Qw3rTy6uIo9p"]),
    "query": (
        "https://api.exchange.example/order?symbol=ACME&api_key=Pq4Rs7Tu&signature=c0ffee8b1a9953c4611296a827abf8",
        ["Pq4Rs7Tu", "c0ffee8b1a99"],
    ),
    "json": ('{"user": "me", "password": "Gf5Hj8Kl", "note": "kept"}', ["Gf5Hj8Kl"]),
    "escaped json": ('"{\\"user\\": \\"me\\", \\"password\\": \\"Gf5Hj8Kl\\"}"', ["Gf5Hj8Kl"]),
    "keyword": ("connect(host='db', password='Gf5Hj8Kl')", ["Gf5Hj8Kl"]),
    "connection string": ("Server=db;User Id=me;Password=Gf5Hj8Kl;Encrypt=yes", ["Gf5Hj8Kl"]),
    "header": ('Authorization: Digest username="me", response="6629fae49393a05397450978"', ["6629fae49393"]),
    "cookie": ("Cookie: theme=dark; sid=Mn7Bv4Cx", ["Mn7Bv4Cx"]),
    "command line": ("trader --api-key Mn7Bv4Cx --paper", ["Mn7Bv4Cx"]),
    "sql": ("UPDATE users SET password = 'Gf5Hj8Kl' WHERE id = 3", ["Gf5Hj8Kl"]),
}
"""Beside the ten shapes that peers leak, those an agent that trades and asks models meets."""
