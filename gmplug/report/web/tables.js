// Sorts, filters, copies and saves tables; their rows light up with the charts. The page is complete without.

function save(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function copy(text, from) {
  const said = from.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea"); // a page opened from a file may not use the clipboard
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  from.textContent = "Copied";
  setTimeout(() => { from.textContent = said; }, 1200);
}

function cellText(cell) { // numbers with all their digits
  const sort = cell.dataset.sort;
  if (cell.classList.contains("n") && sort) return sort;
  return cell.textContent.trim().replace("−", "-").replace(/^–$/, "");
}

function content(table, separator) {
  const quote = (text) => (separator === "," && /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text.replaceAll("\t", " "));
  const rows = [...table.rows].filter((row) => !row.hidden);
  const kept = (row) => [...row.cells].filter((cell) => !cell.classList.contains("actions"));
  return rows.map((row) => kept(row).map((cell) => quote(cellText(cell))).join(separator)).join("\n") + "\n";
}

function sortBy(table, column, head) {
  const heads = [...table.tHead.rows[0].cells];
  const down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  heads.forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down === 1 ? "ascending" : "descending");
  const numeric = head.classList.contains("n");
  const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim().toLowerCase();
  const order = (a, b) => {
    const [p, q] = [key(a), key(b)];
    if (p === "" || q === "") return (p === "") - (q === "");
    return down * (numeric ? p - q : p.localeCompare(q, undefined, { numeric: true }));
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
}

function linkRow(row) {
  linkFigure(row);
  row.tabIndex = 0;
  row.addEventListener("focus", () => light(row.dataset.r));
  row.addEventListener("blur", () => light(null));
  row.addEventListener("keydown", (event) => {
    if (event.target !== row || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    pin(row.dataset.r);
  });
}

function startTables() {
  for (const box of document.querySelectorAll(".scroll")) {
    const table = box.querySelector("table");
    if (table.classList.contains("sortable")) {
      for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
        const text = head.textContent;
        head.replaceChildren(button(text, () => sortBy(table, column, head), `Sort by ${text}`));
      }
    }
    for (const row of table.tBodies[0].rows) if (row.dataset.r in page.items) linkRow(row);
    if (table.tBodies[0].rows.length < 2) continue;
    const tools = document.createElement("div");
    tools.className = "tools";
    if (table.tBodies[0].rows.length > 8 && table.classList.contains("sortable")) {
      const filter = document.createElement("input");
      filter.type = "search";
      filter.placeholder = "Filter rows";
      filter.setAttribute("aria-label", "Show rows that contain");
      filter.addEventListener("input", () => {
        const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
        for (const row of table.tBodies[0].rows) {
          const text = row.textContent.toLowerCase();
          row.hidden = !words.every((word) => text.includes(word));
        }
      });
      tools.append(filter);
    }
    const name = (box.dataset.name || "table").toLowerCase().replace(/[^a-z0-9]+/g, "-");
    tools.append(button("Copy", (self) => copy(content(table, "\t"), self)), button("CSV", () => save(`${name}.csv`, content(table, ","), "text/csv")));
    box.before(tools);
  }
}
