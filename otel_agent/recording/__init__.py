"""How spans and durations are recorded cheaply, behind the SDK's public interfaces."""
