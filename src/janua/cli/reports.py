"""A registry report as lines for a person: what changes, what the rules and the stored records say, who is affected.

In: a registration, or the report of a refusal. Out: lines on the terminal. Start at `print_report`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from janua.cli.terminal import note, print_line
from janua.errors import IncompatibleSchema
from janua.gateway.answers import Registration
from janua.model.json import dumps

SHOWN = 120
"""Characters of a document that a line shows."""


def print_report(registration: Registration) -> None:
    """Print the differences from the current schema, and what stands in their way, one a line."""
    name, report = registration.collection, asdict(registration.report)
    for change in report["changes"]:
        print_line(f"{'!' if change['breaking'] else ' '} {name}{change['pointer']}: {change['message']}")
    for line in (*_verdicts(name, report), *_reasons(name, report), *_clients(name, report), *_warnings(name, report)):
        print_line(line)


def print_consequences(registration: Registration) -> None:
    """Print what of a schema that was registered breaks or may surprise clients, and what looks like a slip."""
    name, report = registration.collection, asdict(registration.report)
    for line in (*_clients(name, report), *_warnings(name, report)):
        print_line(line)


def note_refusal(error: IncompatibleSchema) -> None:
    """Print why a schema was refused, beside the error itself."""
    for line in (*_verdicts(error.collection, error.report), *_reasons(error.collection, error.report)):
        note(line)


def _verdicts(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    rules, records = report["rules"], report["records"]
    if rules is None:
        return
    versions = ", ".join(map(str, rules["versions"]))
    against = f" with version {versions}" if versions else ""
    yield f"  {name}: by the rules ({rules['mode']}) {rules['verdict']}{against}"
    counted = f"{records['checked']} checked, {records['invalid']} invalid"
    counted = "proven, not read" if records["proven"] else counted
    yield f"  {name}: by the stored records ({counted}) {report['verdicts']['records']}"
    accepted = "accepted" if report["verdict"] == "compatible" else "refused"
    yield f"  {name}: {accepted}; the {report['decided_by']} decide (evolution {report['evolution']})"


def _reasons(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    several = len(report["rules"]["versions"]) > 1 if report["rules"] else False
    for each in report["incompatibilities"]:
        example = each["counter_example"]
        shown = (
            f"; valid in the {example['valid_under']} version only: {_short(example['document'])}" if example else ""
        )
        version = f", version {each['version']}" if several and each["version"] else ""
        yield f"! {name}{each['pointer']} ({each['code']}{version}): {each['message']}{shown}"
    for each in report["rules"]["undecided"] if report["rules"] else ():
        yield f"? {name}{each['pointer']}: {each['message']}"


def _clients(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    for face, members in (("GraphQL", "graphql"), ("REST", "rest"), ("relation", "relations")):
        for each in report[members]:
            if each["breaking"] or each["dangerous"]:
                mark = "!" if each["breaking"] else "~"
                yield f"{mark} {name}, {face} {each['name']}: {each['message']}"


def _warnings(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    for each in report["warnings"]:
        yield f"? {name}{each['pointer']}: {each['message']}"


def _short(document: Any) -> str:  # noqa: ANN401 -- any JSON
    text = dumps(document)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
