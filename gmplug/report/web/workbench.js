// Excludes, includes and exchanges records: E, the code's checks and the quotas follow at once.

function decode(text, scale) { // little-endian 32-bit integers in base64
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(4 * i, true) / scale);
}

class Workbench {
  constructor(data) {
    this.data = data;
    this.count = data.periods.length;
    this.ln = decode(data.ln_sa, data.scale);
    this.place = new Map(data.records.map((record, i) => [record.id, i]));
    this.start = data.selected;
    this.set = [...data.selected];
    this.undone = [];
    this.first = this.misfit(this.set);
    this.stats = this.first;
  }

  row(i) { return this.ln.subarray(i * this.count, (i + 1) * this.count); }

  spectrum(id) { return this.place.has(id) ? Array.from(this.row(this.place.get(id)), Math.exp) : []; }

  // Jia & Sasani (2025): E = Σ (mean ln Sa − μ)² + Σ (std ln Sa − σ)², sample std; see gmplug/selection/error.py.
  misfit(set) {
    const { mu, sigma, mean_only: meanOnly, compared_share: share } = this.data;
    const n = set.length, mean = new Float64Array(this.count), std = new Float64Array(this.count), sa = new Float64Array(this.count);
    const rows = set.map((i) => this.row(i));
    const widest = Math.max(...sigma);
    let error = 0, medianError = 0, sigmaError = 0;
    for (let t = 0; t < this.count; t++) {
      let sum = 0, total = 0;
      for (const row of rows) { sum += row[t]; total += Math.exp(row[t]); }
      mean[t] = sum / n;
      sa[t] = total / n;
      let squares = 0;
      for (const row of rows) squares += (row[t] - mean[t]) ** 2;
      std[t] = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
      error += (mean[t] - mu[t]) ** 2 + (meanOnly ? 0 : (std[t] - sigma[t]) ** 2);
      medianError = Math.max(medianError, Math.abs(Math.expm1(mean[t] - mu[t])));
      if (sigma[t] > 0 && sigma[t] >= share * widest) sigmaError = Math.max(sigmaError, Math.abs(std[t] / sigma[t] - 1));
    }
    return { error, medianError, sigmaError, mean, std, sa };
  }

  checks(set = this.set, stats = this.stats) {
    return this.data.checks.map((check) => {
      if (check.least_count !== null) {
        return { name: check.name, passed: set.length >= check.least_count, value: set.length, limit: check.least_count, detail: `${set.length} selected` };
      }
      let lowest = Infinity, at = 0;
      for (let t = check.first; t <= check.last; t++) {
        const ratio = stats.sa[t] / check.spectrum[t - check.first];
        if (ratio < lowest) { lowest = ratio; at = this.data.periods[t]; }
      }
      const passed = lowest >= check.least_ratio * (1 - 1e-12);
      const detail = `lowest ratio ${lowest.toFixed(3)} at ${label(at)} s` + (passed ? "" : `; factor needed on all records: ${(check.least_ratio / lowest).toFixed(3)}`);
      return { name: check.name, passed, value: lowest, limit: check.least_ratio, detail };
    });
  }

  quotas() {
    return this.data.quotas.map((quota) => {
      const taken = this.set.filter((i) => this.data.records[i].group === quota.group && this.data.records[i].cluster === quota.cluster).length;
      return { ...quota, taken };
    });
  }

  events() {
    const counts = new Map();
    for (const i of this.set) { const { event } = this.data.records[i]; if (event) counts.set(event, (counts.get(event) || 0) + 1); }
    return [...counts].sort((a, b) => b[1] - a[1]);
  }

  change(set) {
    this.undone.push(this.set);
    this.set = set;
    this.stats = this.misfit(set);
    for (const told of listeners) told();
  }

  without(i) { return this.set.filter((other) => other !== i); }

  exchanged(i, j) { return this.set.map((other) => (other === i ? j : other)); }

  // Every record that could stand in the place of record i, the least E first.
  alternates(i, sameCluster) {
    const own = this.data.records[i];
    const free = this.data.records.map((_, j) => j).filter((j) => !this.set.includes(j));
    const fit = free.filter((j) => { const r = this.data.records[j]; return r.group === own.group && (!sameCluster || r.cluster === own.cluster); });
    return fit.map((j) => ({ j, error: this.misfit(this.exchanged(i, j)).error })).sort((a, b) => a.error - b.error);
  }

  live(name) {
    const { mean, std, sa } = this.stats, shifted = (z) => Array.from(mean, (m, t) => Math.exp(m + z * std[t]));
    switch (name) {
      case "items": return this.set.map((i) => this.data.records[i].id);
      case "spectra": return this.set.map((i) => Array.from(this.row(i), Math.exp));
      case "median": return shifted(0);
      case "low": return shifted(-1.959963984540054);
      case "high": return shifted(1.959963984540054);
      case "minus": return shifted(-1);
      case "plus": return shifted(1);
      case "mean_sa": return Array.from(sa);
      case "sigma": return Array.from(std);
      case "magnitude":
      case "distance": return this.set.map((i) => this.data.records[i][name] ?? null);
      case "error": return Array.from(mean, (m, t) => 100 * Math.expm1(m - this.data.mu[t]));
      default: return [];
    }
  }

  // selection.csv as `gmplug run` takes it: id and scale_factor; the rest for people.
  csv() {
    const columns = ["id", "group", "cluster", "scale_factor", ...this.data.file_columns];
    const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const rows = this.set.map((i) => columns.map((name) => quote(String(this.data.records[i][name] ?? ""))).join(","));
    return [columns.join(","), ...rows].join("\n") + "\n";
  }

  // The set as lines of the study file.
  toml() {
    const name = (i) => JSON.stringify(this.data.records[i].id);
    const out = this.start.filter((i) => !this.set.includes(i));
    const lines = ["[selection]", `count = ${this.set.length}`];
    if (this.data.method !== "optimised") lines.push('method = "optimised"  # include and exclude are its options');
    if (this.quotas().some((quota) => quota.taken !== quota.quota)) lines.push('quotas = "none"  # the set does not keep the quotas of the clusters');
    lines.push(`include = [${this.set.map(name).join(", ")}]`);
    if (out.length) lines.push(`exclude = [${out.map(name).join(", ")}]`);
    return lines.join("\n") + "\n";
  }
}

window.workbench = page.set ? new Workbench(page.set) : null;

// -- what people see of it ---------------------------------------------------------------------------

function element(tag, css, ...content) {
  const made = document.createElement(tag);
  if (css) made.className = css;
  made.append(...content);
  return made;
}

function figure3(number) { return number.toFixed(4); }

function signed(number) { return (number > 0 ? "+" : number < 0 ? "−" : "±") + Math.abs(number).toFixed(4); }

function startWorkbench() {
  const bench = window.workbench, panel = document.getElementById("swap");
  if (!bench || !panel) return;
  const table = document.querySelector("table.picked");
  const status = panel.querySelector(".swap-status"), chooser = panel.querySelector(".swap-choice");

  function listRow(i) { // a row of the table of selected records for a record that was not in the report
    const record = bench.data.records[i], row = element("tr");
    row.dataset.r = record.id;
    for (const head of [...table.tHead.rows[0].cells].filter((cell) => !cell.classList.contains("actions"))) {
      const told = record.cells[head.textContent.trim()];
      const cell = element("td", head.classList.contains("n") ? "n" : "", told ? told[0] : "–");
      cell.dataset.sort = told ? told[1] : "";
      row.append(cell);
    }
    row.append(actions(i));
    linkRow(row);
    return row;
  }

  function actions(i) {
    const { id } = bench.data.records[i];
    return element("td", "actions",
      button("Exchange", () => choose(i), `Exchange ${id} for another record`),
      button("Exclude", () => { if (bench.set.length > 2) bench.change(bench.without(i)); }, `Exclude ${id}`));
  }

  function choose(i) {
    const own = bench.data.records[i];
    const sameCluster = chooser.dataset.any !== "yes";
    chooser.hidden = false;
    const box = element("input");
    box.type = "checkbox";
    box.checked = !sameCluster;
    box.addEventListener("change", () => { chooser.dataset.any = box.checked ? "yes" : ""; choose(i); });
    const list = element("tbody");
    for (const { j, error } of bench.alternates(i, sameCluster).slice(0, 12)) {
      const record = bench.data.records[j], row = element("tr");
      row.dataset.r = record.id;
      const cells = [[record.id], [page.items[record.id]?.text ?? ""], [String(record.cluster), "n"], [record.scale_factor.toFixed(3), "n"], [figure3(error), "n"], [signed(error - bench.stats.error), "n"]];
      row.append(...cells.map(([text, css]) => element("td", css || "", text)));
      row.append(element("td", "actions", button("Take", () => { chooser.hidden = true; bench.change(bench.exchanged(i, j)); }, `Take ${record.id} for ${own.id}`)));
      linkRow(row);
      list.append(row);
    }
    const heads = [["Record"], ["From"], ["Cluster", "n"], ["Scale factor", "n"], ["E then", "n"], ["Change", "n"], ["", "actions"]];
    const head = element("thead", "", element("tr", "", ...heads.map(([text, css]) => element("th", css || "", text))));
    const empty = list.rows.length ? [] : [element("p", "", "The page has no other record of this cluster.")];
    chooser.replaceChildren(
      element("h4", "", `In place of ${own.id}`),
      element("label", "", box, " also from other clusters of the group"),
      element("div", "scroll", element("table", "", head, list)), ...empty,
      button("Close", () => { chooser.hidden = true; linked.index = null; }));
    linked.index = null;
    chooser.scrollIntoView({ block: "nearest" });
  }

  function include(id) {
    const j = bench.place.get(id);
    if (j !== undefined && !bench.set.includes(j)) bench.change([...bench.set, j]);
  }

  function show() {
    const changed = bench.set.length !== bench.start.length || bench.set.some((i) => !bench.start.includes(i));
    const { error, medianError, sigmaError } = bench.stats, was = bench.first;
    const percent = (v) => `${(100 * v).toFixed(1)} %`;
    const told = [["Records", String(bench.set.length), String(bench.start.length)], ["E", figure3(error), figure3(was.error)], ["Largest error of the median", percent(medianError), percent(was.medianError)]];
    if (!bench.data.mean_only) told.push(["Largest error of σ", percent(sigmaError), percent(was.sigmaError)]);
    const numbers = element("div", "numbers", ...told.map(([name, now, before]) => element("div", "", element("b", "", now), element("span", "", name + (changed ? `; report: ${before}` : "")))));
    status.dataset.e = String(error);
    const lines = [];
    for (const check of bench.checks()) lines.push(element("li", check.passed ? "met" : "unmet", element("b", "", check.passed ? "Met: " : "NOT met: "), `${check.name} (${check.detail})`));
    const off = bench.quotas().filter((quota) => quota.taken !== quota.quota);
    for (const quota of off) lines.push(element("li", "unmet", element("b", "", "Quota: "), `${quota.group}, cluster ${quota.cluster}: ${quota.taken} of ${quota.quota}`));
    if (!off.length) lines.push(element("li", "met", element("b", "", "Quotas kept: "), bench.quotas().filter((q) => q.quota).map((q) => `${q.group} ${q.cluster}: ${q.taken}`).join(", ")));
    const [most] = bench.events();
    if (most) {
      const cap = bench.data.max_per_event;
      const over = cap !== null && most[1] > cap;
      lines.push(element("li", over ? "unmet" : "met", element("b", "", "Earthquakes: "), `at most ${most[1]} of one (${most[0]})` + (cap === null ? "" : `, allowed: ${cap}`)));
    }
    const out = bench.start.filter((i) => !bench.set.includes(i)), into = bench.set.filter((i) => !bench.start.includes(i));
    const ids = (list) => list.map((i) => bench.data.records[i].id).join(", ");
    const difference = changed ? [element("p", "changed", [out.length ? `Out: ${ids(out)}.` : "", into.length ? `In: ${ids(into)}.` : ""].filter(Boolean).join(" ") + " Analyses, tables and text of this page are of the set of the report.")] : [];
    const after = [];
    if (changed) {
      for (const i of out) after.push(button(`Include ${bench.data.records[i].id} again`, () => include(bench.data.records[i].id)));
      after.push(button("Undo", () => { const last = bench.undone.pop(); if (last) { bench.change(last); bench.undone.pop(); } }), button("Reset", () => bench.change([...bench.start])));
    }
    const tools = element("p", "swap-tools", ...after, button("Copy lines for the study file", (self) => copy(bench.toml(), self)), button("Download selection.csv", () => save("selection.csv", bench.csv(), "text/csv")));
    status.replaceChildren(numbers, element("ul", "states", ...lines), ...difference, tools);
    document.body.classList.toggle("set-changed", changed);
    syncTable();
  }

  function syncTable() {
    if (!table) return;
    const rows = new Map([...table.tBodies[0].rows].map((row) => [row.dataset.r, row]));
    for (const [id, row] of rows) row.classList.toggle("out", !bench.set.includes(bench.place.get(id)));
    for (const i of bench.set) if (!rows.has(bench.data.records[i].id)) { const row = listRow(i); row.classList.add("in"); table.tBodies[0].append(row); }
    for (const [id, row] of rows) if (row.classList.contains("in") && row.classList.contains("out")) row.remove();
    linked.index = null;
  }

  if (table) {
    table.tHead.rows[0].append(element("th", "actions", "Swap"));
    for (const row of table.tBodies[0].rows) row.append(actions(bench.place.get(row.dataset.r)));
  }
  for (const row of document.querySelectorAll("table.candidates tbody tr")) {
    row.append(element("td", "actions", button("Include", () => include(row.dataset.r), `Include ${row.dataset.r}`)));
  }
  for (const head of document.querySelectorAll("table.candidates thead tr")) head.append(element("th", "actions", "Swap"));
  listeners.push(show);
  panel.hidden = false;
  show();
}

startTables();
startWorkbench();
startCharts();
