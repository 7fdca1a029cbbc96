"use strict";
(() => {
  const words = document.body.dataset;
  const make = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };
  const raw = (cell) => (cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v);
  const numeric = (text) => text !== "" && Number.isFinite(Number(text));

  // A spreadsheet runs what begins with = + - @; a leading apostrophe makes it text again.
  const guarded = (text) => (/^[=+\-@\t\r]/.test(text) && !numeric(text) ? "'" + text : text);
  const quoted = (text) => (/[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);
  const rows = (table) => [...table.rows].map((row) => [...row.cells].map((cell) => guarded(raw(cell))));
  const csv = (table) => rows(table).map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
  const tsv = (table) => rows(table).map((row) => row.map((text) => text.replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");

  const order = (table, column, descending) => {
    const body = table.tBodies[0];
    const empty = (text) => text === "" || text === "–" || text === words.wHidden;
    const sorted = [...body.rows].sort((one, other) => {
      const a = raw(one.cells[column]), b = raw(other.cells[column]);
      if (empty(a) || empty(b)) return empty(a) - empty(b);
      const way = numeric(a) && numeric(b) ? Number(a) - Number(b) : a.localeCompare(b, document.documentElement.lang, { numeric: true });
      return descending ? -way : way;
    });
    body.append(...sorted);
  };

  // A table holds the numbers of its cells once, row by row; an empty place is a cell whose text says it all.
  for (const table of document.querySelectorAll("table[data-raw]"))
    table.dataset.raw.split(";").forEach((row, r) => row.split(",").forEach((value, c) => { if (value) table.tBodies[0].rows[r].cells[c].dataset.v = value; }));

  for (const table of document.querySelectorAll("table.data")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = make("button", { type: "button", className: "sort" }, ...head.childNodes);
      button.addEventListener("click", () => {
        const descending = head.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        order(table, column, descending);
      });
      head.append(button);
    });
    const status = make("span", { className: "vh" });
    status.setAttribute("role", "status");
    const copy = make("button", { type: "button", textContent: words.wCopy });
    copy.addEventListener("click", async () => {
      const text = tsv(table);
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const area = make("textarea", { value: text, className: "vh" });
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
      }
      status.textContent = copy.textContent = words.wCopied;
      setTimeout(() => { copy.textContent = words.wCopy; status.textContent = ""; }, 2000);
    });
    const save = make("button", { type: "button", textContent: words.wDownload });
    save.addEventListener("click", () => {
      const name = (table.caption ? table.caption.textContent : "table").trim().toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60) || "table";
      const address = URL.createObjectURL(new Blob(["\ufeff", csv(table)], { type: "text/csv" }));
      const link = make("a", { href: address, download: name + ".csv" });
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(address), 1000);
    });
    const place = table.closest(".scroll") || table;
    place.after(make("div", { className: "tools" }, copy, save, status));
  }

  // The board's filter: a row is shown while it holds what is typed.
  for (const box of document.querySelectorAll("input[data-filter]")) {
    box.parentElement.hidden = false;
    const rows = document.getElementById(box.dataset.filter).tBodies[0].rows;
    box.addEventListener("input", () => {
      const wanted = box.value.trim().toLocaleLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
    });
  }

  // Every figure can be put on a slide: drawn at twice its size on white, as a PNG on the clipboard or as a file.
  const paint = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "fill-opacity", "stroke-opacity", "font-size", "font-weight", "font-style", "font-family", "text-anchor", "dominant-baseline"];
  const painted = (svg) => {
    // The page's colours are those of light paper while it is copied; a copy has no stylesheet and says all itself.
    const copy = svg.cloneNode(true);
    const from = [svg, ...svg.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
    from.forEach((node, i) => {
      const style = getComputedStyle(node);
      for (const name of paint) to[i].setAttribute(name, style.getPropertyValue(name));
      to[i].removeAttribute("class");
    });
    return copy;
  };
  const picture = async (figure) => {
    const drawn = figure.querySelector(".drawing svg, .drawing img");
    let source = drawn, width = drawn.naturalWidth, height = drawn.naturalHeight;
    if (drawn.viewBox) {
      const { width: w, height: h } = drawn.viewBox.baseVal;
      [width, height] = [w * 2, h * 2];
      const root = document.documentElement;
      root.classList.add("onpaper");
      const copy = painted(drawn);
      root.classList.remove("onpaper");
      copy.setAttribute("width", width);
      copy.setAttribute("height", height);
      source = new Image();
      source.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
      await source.decode();
    }
    const canvas = make("canvas", { width: Math.round(width), height: Math.round(height) });
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };
  for (const figure of document.querySelectorAll("figure")) {
    if (!figure.querySelector(".drawing svg, .drawing img") || !window.Blob) continue;
    const status = make("span", { className: "vh" });
    status.setAttribute("role", "status");
    const title = figure.querySelector(".figtitle").textContent.trim();
    const copy = make("button", { type: "button", textContent: words.wPicture });
    copy.setAttribute("aria-label", words.wPicture + ": " + title);
    copy.addEventListener("click", async () => {
      let said = words.wCopied;
      const made = picture(figure);
      try {
        await navigator.clipboard.write([new ClipboardItem({ "image/png": made })]);
      } catch {
        const address = URL.createObjectURL(await made);
        const link = make("a", { href: address, download: (title.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60) || "figure") + ".png" });
        document.body.append(link);
        link.click();
        link.remove();
        setTimeout(() => URL.revokeObjectURL(address), 1000);
        said = words.wSaved;
      }
      status.textContent = copy.textContent = said;
      setTimeout(() => { copy.textContent = words.wPicture; status.textContent = ""; }, 2000);
    });
    figure.querySelector(".drawing").after(make("div", { className: "tools" }, copy, status));
  }

  // A number opens its evidence where the reader is; without this script the link leads to the register.
  if (document.querySelector(".register") && window.HTMLDialogElement) {
    const box = make("dialog", { className: "walk" });
    box.setAttribute("aria-label", words.wEvidence);
    document.body.append(box);
    box.addEventListener("click", (event) => {
      const away = event.target.closest("a:not(.n, .ev, .ch)");
      if (event.target === box || away) box.close();
    });
    // The initiative's own chain, goal to decision, stands under the number; a step leads on to its number.
    const chain = (entry) => {
      const to = entry.querySelector('dd>a[href^="#i-"]');
      const card = to && document.getElementById(to.hash.slice(1));
      if (!card) return [];
      const name = make("p", { className: "walked", textContent: card.querySelector("h3").firstChild.textContent.trim() });
      return [name, card.querySelector(".chain").cloneNode(true)];
    };
    const following = (entry) => {
      const next = entry.nextElementSibling;
      return next ? [make("a", { className: "ev", href: "#" + next.id, textContent: words.wNext })] : [];
    };
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a.n, a.ev, a.ch");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      const entry = document.getElementById(link.hash.slice(1));
      if (!entry) return;
      event.preventDefault();
      const shown = [...entry.children].map((child) => child.cloneNode(true));
      const close = make("button", { type: "button", textContent: words.wClose });
      close.addEventListener("click", () => box.close());
      const all = make("a", { href: link.hash, textContent: words.wRegister });
      all.addEventListener("click", () => box.close());
      box.replaceChildren(...shown, ...chain(entry), make("div", { className: "bar" }, all, ...following(entry), close));
      box.scrollTop = 0;
      if (!box.open) box.showModal();
      close.focus();
    });
  }

  const links = new Map([...document.querySelectorAll(".toc a")].map((link) => [link.hash.slice(1), link]));
  if (links.size && window.IntersectionObserver) {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id).setAttribute("aria-current", "true");
      }
    }, { rootMargin: "0px 0px -75% 0px" });
    for (const id of links.keys()) { const target = document.getElementById(id); if (target) seen.observe(target); }
  }

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open], .behind)")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of opened) details.open = false; });
})();
