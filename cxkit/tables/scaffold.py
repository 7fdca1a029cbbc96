"""A new client's folder: settings to fill in, places for files, and the forms and the request to send out."""

from __future__ import annotations

import json
from pathlib import Path

from cxkit.tables import request, templates

CLIENT_YML = """\
# Settings of this client. The tool reads this file and never writes it. A line that begins with # has no effect.

name: {name}                # as it stands on the report
currency: EUR               # ISO 4217 code in which the report speaks
timezone: UTC               # IANA name such as Europe/Berlin; days begin and end here
locale: en                  # language, figures and dates of what the client reads: en-GB, en_US, de_DE, de_CH
fiscal_year_start: 1        # month in which the fiscal year begins, 1 to 12
week_start: monday          # monday or sunday

# What the engagement should achieve, in the client's words.
goals: []
#  - Keep the customers we win
#  - Answer within a day

# Values of the notebooks' parameters that differ from their defaults.
parameters: {{}}
#  discount_rate: 0.08

# Metric and the level to reach: shares as fractions, 0.91 is 91 %.
targets: {{}}
#  grr: 0.91
#  nps: 30

#budget: 500000             # money the council can give out this year, in the currency above
#next_council: 2027-01-20   # day of the next council, by which decisions are due; without it, months between councils

brand:
  accent: "#0b6460"         # colour of the report
#  logo: logo.png           # a PNG, JPEG or WebP file in this folder, at the head of report and council's pack

privacy:
  mask: true                # hide names, e-mail addresses and telephone numbers, and groups under five people

engine: duckdb              # or spark, for tables beyond this machine's memory: the page batch.md of the playbook
#spark: {{spark.driver.memory: 8g}}

# The client's own database, for cxkit pull: the page batch.md of the playbook; its password never stands here.
#warehouse: {{host: db.example.com, database: shop, user: reader, tables: {{orders: sales.orders}}}}
"""


def files(name: str) -> dict[str, bytes]:
    """Relative path → content of everything a new client's folder begins with; the same name, the same bytes.

    >>> sorted(files("acme"))[:2]
    ['client.yml', 'data-request.md']
    """
    made = {
        "client.yml": CLIENT_YML.format(name=json.dumps(name, ensure_ascii=False)).encode(),
        "data-request.md": request.markdown().encode(),
        "workshop.xlsx": templates.workshop(),
    }
    return made | {f"templates/{file}": text.encode() for file, text in templates.csv_templates().items()}


def create(folder: Path) -> tuple[list[Path], list[Path]]:
    """Make a client's folder, or complete one; a file that is there is never touched.

    Returns the files written and the files left as they were.
    """
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    kept: list[Path] = []
    for relative, content in files(folder.name).items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                file.write(content)
            written.append(path)
        except FileExistsError:
            kept.append(path)
    return written, kept
