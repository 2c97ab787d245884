"use strict";
(() => {
  const tools = document.getElementById("tools");
  const said = document.getElementById("shown");
  const places = new WeakMap();
  const tables = [...document.querySelectorAll("table.rug")].map(read);
  let sorted = { table: null, row: null, down: true };

  function read(table) {
    const codes = table.querySelector("tr.codes");
    const las = [...codes.cells].map((th) => ({ th, name: th.title, sub: th.dataset.sub }));
    const rows = [...table.querySelectorAll("tbody tr:not(.theme)")].map((tr) => {
      const th = tr.cells[0];
      const row = { tr, th, name: th.textContent.trim(), unit: tr.cells[1].textContent.trim() };
      row.body = tr.parentNode;
      row.theme = row.body.dataset.theme;
      row.cells = [...tr.cells].slice(-las.length);
      row.cells.forEach((td, at) => places.set(td, [row, las[at]]));
      return row;
    });
    const laid = rows.map((_, at) => at).join() + "theme";
    return { table, codes, las, rows, laid, subs: [...table.querySelector("tr.subs").cells].slice(-table.dataset.subs) };
  }

  // The value's text is the first thing in a cell; a symbol is no number.
  const value = (td) => parseFloat(td.firstChild.nodeValue.replace("≈", ""));

  function order(one) {
    const at = one.las.map((_, i) => i);
    if (sorted.table !== one) return at;
    const values = sorted.row.cells.map(value);
    const sign = sorted.down ? -1 : 1;
    return at.sort((a, b) => isNaN(values[a]) - isNaN(values[b]) || sign * (values[a] - values[b]) || a - b);
  }

  function apply() {
    const [sub, theme, only, by] = ["sub", "theme", "only", "by"].map((name) => tools.elements[name].value);
    said.textContent = tables.map((one) => {
      const inOrder = order(one);
      const seen = (la) => !sub || la.sub === sub;
      one.table.classList.toggle("sorted", sorted.table === one);
      one.subs.forEach((th) => { th.hidden = sorted.table === one || (sub !== "" && th.dataset.sub !== sub); });
      one.las.forEach((la) => { la.th.hidden = !seen(la); });
      one.codes.append(...inOrder.map((i) => one.las[i].th));
      for (const row of one.rows) {
        let left = 0;
        row.strong = 0;
        row.cells.forEach((td, i) => {
          const strong = td.classList.contains("s");
          const off = only === "strong" ? !strong : only === "fifths" && !td.querySelector("i");
          td.hidden = !seen(one.las[i]);
          td.classList.toggle("off", off);
          left += !td.hidden && !off;
          row.strong += !td.hidden && strong;
        });
        row.tr.append(...inOrder.map((i) => row.cells[i]));
        row.tr.hidden = (theme !== "" && row.theme !== theme) || left === 0;
        const isSorted = sorted.row === row;
        row.th.toggleAttribute("aria-sort", isSorted);
        if (isSorted) row.th.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      }
      layRows(one, by);
      return summary(one);
    }).join(" ");
  }

  function layRows(one, by) {
    const rows = [...one.rows];
    if (by === "name") rows.sort((a, b) => a.name.localeCompare(b.name, "en-GB"));
    if (by === "strong") rows.sort((a, b) => b.strong - a.strong);
    // A row that is moved loses the focus within it, so rows move only when their order does.
    const wanted = rows.map((row) => one.rows.indexOf(row)).join() + by;
    if (wanted !== one.laid) rows.forEach((row) => (by === "theme" ? row.body : one.table.tBodies[0]).append(row.tr));
    one.laid = wanted;
    const columns = [...one.rows[0].tr.cells].filter((cell) => !cell.hidden).length;
    for (const body of one.table.tBodies) {
      const head = body.querySelector("tr.theme");
      head.cells[0].colSpan = columns;
      head.hidden = by !== "theme";
      body.hidden = ![...body.rows].some((tr) => tr !== head && !tr.hidden);
    }
  }

  function summary(one) {
    const rows = one.rows.filter((row) => !row.tr.hidden).length;
    const las = one.las.filter((la) => !la.th.hidden).length;
    const by = sorted.table === one ? `, ordered by ${sorted.row.name}, ${sorted.down ? "highest" : "lowest"} first` : "";
    return `${one.table.dataset.title}: ${rows} of ${one.rows.length} indicators, ${las} of ${one.las.length} authorities${by}.`;
  }

  function press(one, row) {
    if (sorted.row !== row) sorted = { table: one, row, down: true };
    else if (sorted.down) sorted.down = false;
    else sorted = { table: null, row: null, down: true };
    apply();
  }

  for (const one of tables) {
    for (const row of one.rows) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...row.th.childNodes);
      button.addEventListener("click", () => press(one, row));
      row.th.append(button);
    }
  }

  // What row and column heads say already, put together beside the pointer.
  document.addEventListener("mouseover", (event) => {
    const td = event.target.closest && event.target.closest("td");
    const place = td && !td.title && places.get(td);
    if (!place) return;
    const [row, la] = place;
    const words = td.querySelector(".vh");
    const unit = isNaN(value(td)) ? "" : ` ${row.unit}`;
    const note = td.querySelector("sup") ? "; the authority’s comment stands below" : "";
    td.title = `${la.name}, ${row.name}: ${td.firstChild.nodeValue}${unit}${words ? ";" + words.textContent : ""}${note}`;
  });

  tools.addEventListener("change", apply);
  tools.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("all").addEventListener("click", () => {
    tools.reset();
    sorted = { table: null, row: null, down: true };
    apply();
  });
  tools.hidden = false;
  apply();
})();
