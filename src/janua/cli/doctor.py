"""`doctor`: look whether everything agrees, or whether the settings are fit for production; change nothing.

Start at `doctor`.
"""

from collections.abc import Iterator, Sequence

from janua.cli.opening import opened
from janua.cli.places import Place
from janua.cli.settings import settings_of
from janua.cli.terminal import print_json, print_line, print_table, progress
from janua.config import Settings, every_setting, relaxed
from janua.gateway.doctor import Diagnosis, Finding, examine


async def doctor(place: Place, *, records: bool, as_json: bool) -> int:
    """Print where registry, tables, indexes and records disagree; return 1 when they do."""
    async with opened(place, builds=False) as gateway:
        with progress("reading records", None, quiet=as_json or not records) as moved:
            diagnosis = await examine(gateway, records=records, progress=moved)
    if as_json:
        print_json(diagnosis)
    else:
        print_diagnosis(diagnosis)
    return 1 if diagnosis.findings else 0


def doctor_of_settings(place: Place, *, as_json: bool) -> int:
    """Print what the settings for production leave open; return 1 when there is something."""
    found = list(unfit(settings_of(place, "production")))
    if as_json:
        print_json({"settings": [{"setting": name, "problem": problem} for name, problem in found]})
    else:
        empty = "The settings leave nothing open."
        print_table(["SETTING", "PROBLEM"], [[name, problem] for name, problem in found], empty=empty)
    return 1 if found else 0


def unfit(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the settings that a server for others should not have, and what is wrong: those that leave something open.

    They are those of `relaxed`, and what `janua serve` cannot do without.
    """
    if settings.database.dsn is None:
        yield "database.dsn", "is missing; janua serve needs it"
    names = {name for name, _, _ in every_setting()}
    for each in relaxed(settings, dev=False):
        name, _, problem = each.partition(": ")
        if name in names:
            yield name, problem


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """Print the disagreements, what is not finished, and what was looked at."""
    if diagnosis.findings:
        print_table(["COLLECTION", "WHAT", "PROBLEM"], rows_of(diagnosis.findings), empty="")
        print_line("")
    if diagnosis.pending:
        print_table(["COLLECTION", "WHAT", "NOT FINISHED"], rows_of(diagnosis.pending), empty="")
        print_line("")
    records = "" if diagnosis.records is None else f" and {diagnosis.records} records"
    count = len(diagnosis.findings)
    verdict = "everything agrees" if not count else "1 disagreement" if count == 1 else f"{count} disagreements"
    print_line(f"{diagnosis.collections} collections{records} examined: {verdict}.")


def rows_of(findings: Sequence[Finding]) -> list[list[str]]:
    """Return findings as rows of a table."""
    return [[each.collection, each.subject, each.problem] for each in findings]
