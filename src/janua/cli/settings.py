"""The settings that a command works with: what its options say, over those of `janua.config`.

In: a `Place`, and options. Out: `Settings`. Start at `settings_of`.
"""

from janua.cli.places import Place
from janua.config import Environment, Settings, load_settings
from janua.errors import InvalidConfiguration


def settings_of(place: Place, environment: Environment = "development", **overrides: object) -> Settings:
    """Return the settings; options given on the command line win over variables, and those over the file.

    A `--data` on the command line wins over a DSN in the environment: it is about this one command.
    Raises: `InvalidConfiguration`.
    """
    if place.dsn is not None and place.data is not None:
        raise InvalidConfiguration("--data", "cannot be combined with --dsn: one names a directory, one a server")
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    settings = load_settings(environment, overrides={"database.dsn": place.dsn, "dev.data": place.data, **named})
    if place.data is None:
        return settings
    return settings.model_copy(update={"database": settings.database.model_copy(update={"dsn": None})})
