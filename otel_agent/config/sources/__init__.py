"""The sources of settings, one module each: arguments of `init`, environment variables, files."""
