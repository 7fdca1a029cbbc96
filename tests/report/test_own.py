"""What an added notebook says itself: shown, named, registered, and never mixed up with a stage's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cxkit.charts import style
from cxkit.errors import ReportError
from cxkit.report import page, show
from cxkit.report.blocks import Block, FigureBody, FindingBody, TableBody
from cxkit.report.inputs import Privacy, ReportInput
from cxkit.report.mask import Mask
from cxkit.report.own import OwnNotebook, heading, named, own_findings, own_notebook
from cxkit.report.own_chapters import own_chapter, own_drafts

AS_OF = date(2026, 10, 31)


def said(title: str = "Leeds kept 91.0 % of its homes", **more: object) -> Block:
    (block,) = show.say(title, silent=True, **more) or ()  # type: ignore[arg-type]
    return block


def made(*blocks: Block, name: str = "7-branches", **more: object) -> OwnNotebook:
    return own_notebook(name, {"cells": [{"cell_type": "markdown", "source": "# 7 · Branches"}]}, blocks, **more)  # type: ignore[arg-type]


def test_a_finding_of_ones_own_is_claimed_until_it_says_more() -> None:
    body = said(value=0.91, unit="ratio", low=0.9, high=0.92, n=1204).body
    assert isinstance(body, FindingBody)
    assert body.grade == "E"
    assert body.finding is not None
    assert (body.finding.value, body.finding.low, body.finding.n) == (0.91, 0.9, 1204)
    assert said(grade="M").body.finding.grade == "M"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"title": " "}, "a finding is a sentence"),
        ({"title": "Who left Leeds?"}, "reword “Who left Leeds"),
        ({"low": 0.9}, "both ends or none"),
        ({"low": 0.9, "high": 0.1}, "upside down"),
        ({"unit": "percent"}, "say: Input should be"),
        ({"grade": "F"}, "say: Input should be"),
    ],
)
def test_a_finding_that_cannot_be_is_refused_in_words(more: dict[str, object], wrong: str) -> None:
    with pytest.raises(ReportError, match=wrong):
        said(**({"title": "Leeds kept 91 %"} | more))  # type: ignore[arg-type]


def test_a_frame_shows_its_columns_and_refuses_what_nobody_reads() -> None:
    frame = pd.DataFrame(
        {"branch": ["Leeds", "York"], "homes": [1204, 998], "opened": pd.to_datetime(["2024-01-05"] * 2)}
    )
    (block,) = show.frame(frame, title="Branches by homes", silent=True) or ()
    body = block.body
    assert isinstance(body, TableBody)
    assert [c.label for c in body.columns] == ["Branch", "Homes", "Opened"]
    assert [c.align for c in body.columns] == ["left", "right", "left"]
    assert body.rows[0] == ("Leeds", "1204", "5 Jan 2024")
    assert show.frame(frame.head(0), title="None", silent=True) == ()
    with pytest.raises(ReportError, match="201 rows"):
        show.frame(pd.DataFrame({"a": range(201)}), title="Long")
    with pytest.raises(ReportError, match="none of the columns b"):
        show.frame(frame, title="Wrong", columns={"b": ("B", "text")})


def test_a_drawing_needs_words_and_becomes_clean_svg() -> None:
    with style.house():
        ax = style.canvas(3)
        ax.barh(["Leeds", "York"], [91, 88], color=style.ACCENT)
    with pytest.raises(ReportError, match="alt text"):
        show.drawing(ax, title="Homes kept", alt="chart")
    with pytest.raises(ReportError, match="no figure of matplotlib"):
        show.drawing("ax", title="Homes kept", alt="Leeds 91 %, York 88 %")  # type: ignore[arg-type]
    data = pd.DataFrame({"branch": ["Leeds"], "kept": [0.91]})
    (block,) = show.drawing(ax, title="Homes kept", alt="Leeds 91 %, York 88 %", data=data, silent=True) or ()
    body = block.body
    assert isinstance(body, FigureBody)
    assert "<svg" in body.svg
    assert "Leeds" in body.svg
    assert "var(--accent" in body.svg
    assert body.data is not None
    assert body.data.rows == (("Leeds", "0.91"),)


def test_a_drawing_that_is_heavy_or_holds_a_picture_is_a_picture_and_is_put_away() -> None:
    figure, ax = plt.subplots()
    ax.imshow(np.arange(4).reshape(2, 2))
    (block,) = show.drawing(figure, title="A map", alt="Four cells, the last the darkest", silent=True) or ()
    assert isinstance(block.body, FigureBody)
    assert block.body.png_base64.startswith("iVBORw0KGgo")
    assert not block.body.svg
    assert not plt.fignum_exists(figure.number)
    heavy = style.canvas(4)
    heavy.scatter(np.linspace(0, 1, 20_000), np.linspace(0, 1, 20_000), s=3)
    (block,) = show.drawing(heavy, title="A cloud", alt="A rising line of many points", silent=True) or ()
    assert block.body.png_base64  # type: ignore[union-attr]


def test_names_hold_the_notebook_and_tell_two_of_a_kind_apart() -> None:
    first, second = said("Leeds kept 91.0 %"), said("Leeds kept 88.0 %")
    other = show.findings(_stage_result(), silent=True) or ()
    names = [b.id for b in named([first, second, first, *other], "7-my branches")]
    assert names == ["own.7-my_20branches.leeds-kept", "own.7-my_20branches.leeds-kept-2", names[0], "prove.effect"]
    assert [b.id for b in named([first], "8-x")] == ["own.8-x.leeds-kept"]


def _stage_result():  # type: ignore[no-untyped-def]
    from cxkit.prove import Experiments
    from cxkit.records import Finding

    return Experiments(as_of=AS_OF, findings=(Finding(id="prove.effect", stage="prove", title="It worked"),))


@pytest.mark.parametrize(
    ("source", "title"),
    [("# 7 · Branches", "Branches"), ("text\n\n## *Two* words ##", "Two words"), ("no heading", ""), ("# 7) Up", "Up")],
)
def test_the_first_heading_names_the_chapter(source: str, title: str) -> None:
    assert (
        heading({"cells": [{"cell_type": "code", "source": "# code"}, {"cell_type": "markdown", "source": source}]})
        == title
    )


def test_a_notebook_without_a_heading_is_named_after_its_file() -> None:
    assert own_notebook("7-our_branches", {"cells": []}, ()).title == "Our branches"


def test_findings_and_tables_are_a_result_like_any_other() -> None:
    (table,) = show.frame(pd.DataFrame({"a": [1]}), title="Counts", silent=True) or ()
    found = own_findings([made(said(value=0.91, unit="ratio"), table)], AS_OF)
    assert found is not None
    assert [f.key for f in found.findings] == ["own.7-branches.leeds-kept-of-its-homes"]
    assert found.frame("own.7-branches.counts").to_dict("list") == {"a": [1.0]}
    assert own_findings([made(*(show.note("Only words", silent=True) or ()))], AS_OF) is None


def test_a_chapter_of_its_own_and_none_without_anything_to_show() -> None:
    chapter = own_chapter(made(said(value=0.91, unit="ratio")))
    assert chapter is not None
    assert (chapter.kicker, chapter.title.text) == ("7 · Branches", "Leeds kept 91.0 % of its homes")
    words = own_chapter(made(*(show.note("Only words", silent=True) or ())))
    assert words is not None
    assert (words.kicker, words.title.text) == ("7 · Added analysis", "Branches")
    assert own_chapter(made()) is None
    assert own_chapter(made(said(audience="team"))) is None
    torn = own_chapter(made(said(), done=False), locale="de")
    assert torn is not None
    assert torn.title.text == "„Branches“ wurde nicht zu Ende geführt und fehlt in dieser Ausgabe"
    assert not torn.items
    assert own_drafts([made(done=False), made()], "en") == (
        "An added analysis (7-branches) did not finish; the report stands without it.",
    )


def test_its_own_finding_gives_the_chapter_its_title() -> None:
    stage = (show.findings(_stage_result(), silent=True) or ())[0]
    heavy = stage.model_copy(update={"body": stage.body.model_copy(update={"weight": 1e6})})
    chapter = own_chapter(made(heavy, said(value=0.91, unit="ratio")))
    assert chapter is not None
    assert chapter.title.text == "Leeds kept 91.0 % of its homes"


def test_a_name_in_a_title_is_not_in_the_id() -> None:
    mask = Mask(Privacy(people=("Ada Lovelace",)))
    own = own_notebook("7-x", {"cells": []}, (said("Ada Lovelace answered 12 tickets"),), change=mask.masked)
    assert own.blocks[0].id == "own.7-x.name-answered-tickets"


def test_the_page_shows_it_after_govern_registered_masked_and_once(sample: Callable[..., ReportInput]) -> None:
    hostile = "<img src=x onerror=alert(1)> rang +44 20 7946 0958"
    (table,) = show.frame(pd.DataFrame({"who": [hostile], "n": [3]}), title=hostile, silent=True) or ()
    bare = sample()
    again = next(b for b in bare.blocks["prove"] if b.kind == "finding")
    own = made(said(hostile, value=0.91, unit="ratio", sources=("revenue",), id="kept"), table, again)
    found = own_findings([own], AS_OF)
    html = page.build(sample(own=(own,), results=(*bare.results, found)))
    assert "<img" not in html
    assert "7946" not in html
    assert html.index('id="stage-govern"') < html.index('id="own-x7-branches"') < html.index('id="initiatives"')
    assert 'href="#own-x7-branches"' in html
    assert "<code>own.7-branches.kept</code>" in html
    assert html.count(f"<code>{again.id}</code>") == 1
    ids = [part.split('"')[0] for part in html.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert page.headline(sample(own=(own,), results=(*bare.results, found))) == page.headline(bare)
