"""``client.yml``: what people write about a client, and we only read."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from babel import Locale, UnknownLocaleError
from pydantic import Field, ValidationError, field_validator

from cxkit import errors
from cxkit.engagement.doubles import doubles
from cxkit.engagement.logo import logo
from cxkit.records import Record
from cxkit.report.words import languages
from cxkit.tables.warehouse import Warehouse


class Brand(Record):
    """How the client's report looks."""

    accent: str = "#0b6460"
    """Accent colour as ``#rrggbb``."""
    logo: str = ""
    """A PNG, JPEG or WebP file inside the client's folder."""

    @field_validator("accent")
    @classmethod
    def _hex(cls, value: str) -> str:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            raise ValueError(f"'{value}' is not a colour; write it as \"#0b6460\"")
        return value.lower()


class Privacy(Record):
    """What is hidden in everything that leaves the client's folder."""

    mask: bool = True
    """Whether names, e-mail addresses and phone numbers are masked and cells under five people suppressed."""


class Client(Record):
    """A client's settings, checked; every field but the name has a default."""

    name: str = Field(min_length=1, max_length=120)
    currency: str = "EUR"
    timezone: str = "UTC"
    locale: str = "en"
    fiscal_year_start: int = Field(default=1, ge=1, le=12)
    week_start: Literal["monday", "sunday"] = "monday"
    goals: tuple[str, ...] = ()
    """What the engagement is meant to achieve, in the client's words."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """Values for the notebooks' parameters; see ``cxkit run --help``."""
    targets: dict[str, float] = Field(default_factory=dict)
    """Metric id → target, in the metric's storage unit (0.91 for 91 %)."""
    budget: float | None = Field(default=None, ge=0)
    """Money the council can give out this year."""
    next_council: date | None = None
    """Day of the next council; without one, the council is known to meet every `council_months`."""
    brand: Brand = Brand()
    privacy: Privacy = Privacy()
    engine: Literal["duckdb", "spark"] = "duckdb"
    """Where stages compute: in the kernel itself, or on Spark for tables that outgrow the machine's memory."""
    spark: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Spark's own settings, such as ``spark.driver.memory: 8g`` or ``spark.master: spark://10.0.0.5:7077``."""
    warehouse: Warehouse | None = None
    """The client's own database, from which ``cxkit pull`` fetches tables."""

    @field_validator("currency")
    @classmethod
    def _iso(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Z]{3}", value):
            raise ValueError(f"'{value}' is not an ISO 4217 code; write three capitals, such as EUR")
        return value

    @field_validator("locale")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            Locale.parse(value.replace("-", "_"))
        except (UnknownLocaleError, ValueError, TypeError):
            spoken = ", ".join(languages())
            raise ValueError(
                f"'{value}' is not a locale; write it like en-GB or de_DE. Reports have words in: {spoken}; "
                "any other language is read in English"
            ) from None
        return value

    @field_validator("spark")
    @classmethod
    def _settings(cls, value: dict[str, Any]) -> dict[str, Any]:
        if strange := sorted(name for name in value if not name.startswith("spark.")):
            raise ValueError(f"'{strange[0]}' is no setting of Spark; their names begin with spark.")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"'{value}' is not an IANA time zone; write it like Europe/Berlin") from None
        return value


def read_client(folder: Path) -> Client:
    """Read and check ``client.yml``; `InputError` lists all problems at once."""
    path = folder / "client.yml"
    where = f"{folder.name}/client.yml"
    if not path.is_file():
        known = sorted(p.parent.name for p in folder.parent.glob("*/client.yml"))
        listed = f" Clients here: {', '.join(known)}." if known else ""
        raise errors.InputError(f"There is no {where}.{listed} Create the client with: cxkit new {folder.name}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        given, problems = yaml.safe_load(text) or {}, doubles(text)
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise errors.InputError(
            f"{where} cannot be read as YAML{line}. Check quotes, colons and indentation."
        ) from None
    if not isinstance(given, dict):
        raise errors.InputError(f"{where} must hold lines like 'name: Acme'; found a {type(given).__name__}.")
    unknown = [k for k in given if k not in Client.model_fields]
    problems += [errors.unknown_name("setting", str(k), list(Client.model_fields), where=where) for k in unknown]
    try:
        client = Client.model_validate({k: v for k, v in given.items() if k not in unknown and v is not None})
    except ValidationError as failed:
        for item in failed.errors():
            field = ".".join(map(str, item["loc"]))
            found = "" if field.startswith("warehouse") else f" (found {item['input']!r})"  # it may hold a secret
            problems.append(f"{field}: {item['msg'].removeprefix('Value error, ')}{found}")
    if problems:
        raise errors.InputError(errors.all_problems(problems, what=where))
    logo(folder, client.brand.logo)
    return client
