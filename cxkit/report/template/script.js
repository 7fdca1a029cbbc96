"use strict";
(() => {
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
    const empty = (text) => text === "" || text === "–" || text === "hidden";
    const sorted = [...body.rows].sort((one, other) => {
      const a = raw(one.cells[column]), b = raw(other.cells[column]);
      if (empty(a) || empty(b)) return empty(a) - empty(b);
      const way = numeric(a) && numeric(b) ? Number(a) - Number(b) : a.localeCompare(b, document.documentElement.lang, { numeric: true });
      return descending ? -way : way;
    });
    body.append(...sorted);
  };

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
    const copy = make("button", { type: "button", textContent: "Copy table" });
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
      status.textContent = copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = "Copy table"; status.textContent = ""; }, 2000);
    });
    const save = make("button", { type: "button", textContent: "Download CSV" });
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

  // A number opens its evidence where the reader is; without this script the link leads to the register.
  if (document.querySelector(".register") && window.HTMLDialogElement) {
    const box = make("dialog", { className: "walk" });
    box.setAttribute("aria-label", "Evidence");
    document.body.append(box);
    box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a.n, a.ev");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      const entry = document.getElementById(link.hash.slice(1));
      if (!entry) return;
      event.preventDefault();
      const shown = [...entry.children].map((child) => child.cloneNode(true));
      const close = make("button", { type: "button", textContent: "Close" });
      close.addEventListener("click", () => box.close());
      const all = make("a", { href: link.hash, textContent: "In the evidence register" });
      all.addEventListener("click", () => box.close());
      box.replaceChildren(...shown, make("div", { className: "bar" }, all, close));
      box.showModal();
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
