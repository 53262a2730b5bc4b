"use strict";
// Draws the charts of the page with D3, and links everything that belongs to one record.
const page = JSON.parse(document.getElementById("page-data").textContent);
const listeners = []; // called with no arguments after the set of records has changed

// -- linking -----------------------------------------------------------------------------------------

const linked = { hover: null, pinned: new Set(), index: null };

function elementsOf(id) {
  if (!linked.index) {
    linked.index = new Map();
    for (const element of document.querySelectorAll("[data-r]")) {
      const key = element.dataset.r;
      if (!linked.index.has(key)) linked.index.set(key, []);
      linked.index.get(key).push(element);
    }
  }
  return linked.index.get(id) || [];
}

function light(id) {
  if (linked.hover === id) return;
  linked.hover = id;
  showLit();
}

function pin(id) {
  if (!linked.pinned.delete(id)) linked.pinned.add(id);
  showLit();
}

function showLit() {
  for (const element of document.querySelectorAll(".lit")) element.classList.remove("lit");
  const ids = new Set(linked.pinned);
  if (linked.hover !== null) ids.add(linked.hover);
  for (const id of ids) {
    for (const element of elementsOf(id)) {
      element.classList.add("lit");
      if (element.namespaceURI.endsWith("svg")) element.parentNode.append(element); // on top of its layer
    }
  }
  document.body.classList.toggle("focus", ids.size > 0);
  showCard(linked.hover ?? [...linked.pinned].pop());
}

const card = document.createElement("aside");
card.id = "card";
card.setAttribute("aria-live", "polite");
card.hidden = true;
document.body.append(card);

function showCard(id) {
  const item = id === undefined || id === null ? null : page.items[id];
  card.hidden = !item;
  if (!item) return;
  card.replaceChildren();
  const title = document.createElement("b");
  title.textContent = id;
  card.append(title, " " + item.text);
  const facts = document.createElement("dl");
  for (const [name, value] of item.facts) {
    const term = document.createElement("dt"), told = document.createElement("dd");
    term.textContent = name;
    told.textContent = value;
    facts.append(term, told);
  }
  card.append(facts);
  if (linked.pinned.has(id)) card.append(button("Release", () => pin(id)));
}

function button(text, action, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", (event) => { event.stopPropagation(); action(made); });
  return made;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { linked.pinned.clear(); linked.hover = null; showLit(); }
});

// -- charts ------------------------------------------------------------------------------------------

const SYMBOLS = { circle: d3.symbolCircle, square: d3.symbolSquare, triangle: d3.symbolTriangle, diamond: d3.symbolDiamond, cross: d3.symbolCross };
const charts = new Map();

function value(given) { // numbers, or what the page computes
  return given && given.live ? live(given.live) : given;
}

function live(name) { return window.workbench ? window.workbench.live(name) : []; }

// What a layer draws: [{id, x: [...], y: [...]}, ...]
function strokes(layer) {
  const x = value(layer.x);
  if (layer.kind === "line") return [{ id: layer.item, x, y: value(layer.y) }];
  const ids = value(layer.items) || [];
  const rows = layer.rows && layer.rows.live === "set" ? ids.map((id) => window.workbench.spectrum(id)) : value(layer.rows);
  return ids.map((id, i) => ({ id, x, y: rows[i] }));
}

function extent(axis, spec, layers) {
  let low = Infinity, high = -Infinity;
  const see = (v) => { if (v !== null && Number.isFinite(v) && (!axis.nowLog || v > 0)) { if (v < low) low = v; if (v > high) high = v; } };
  const keys = axis === spec.x ? ["x", "x0", "x1"] : ["y", "low", "high", "y0", "y1"];
  for (const layer of layers) {
    if (layer.kind === "line" || layer.kind === "lines") {
      for (const one of strokes(layer)) (axis === spec.x ? one.x : one.y).forEach(see);
    } else for (const key of keys) if (Array.isArray(value(layer[key]))) value(layer[key]).forEach(see);
    const at = axis === spec.x ? layer.at_x : layer.at_y;
    if (at !== undefined && at !== null) see(at);
  }
  if (axis.names) return [-0.5, axis.names.length - 0.5];
  if (low > high) [low, high] = [axis.nowLog ? 0.1 : 0, 1];
  const [first, last] = axis.limits || [null, null];
  const usable = (limit) => limit !== null && limit !== undefined && !(axis.nowLog && limit <= 0);
  if (low === high) { const apart = axis.nowLog ? low * 0.2 : Math.abs(low) * 0.1 || 0.5; low -= apart; high += apart; }
  const pad = axis.nowLog ? Math.pow(high / low, 0.03) : 0.04 * (high - low);
  return [
    usable(first) ? first : axis.nowLog ? low / pad : low - pad,
    usable(last) ? last : axis.nowLog ? high * pad : high + pad,
  ];
}

// Whether an axis can be logarithmic.
function positive(axis, spec) {
  if (axis.names || axis.whole || axis.hidden || (axis.limits && axis.limits[0] < 0)) return false;
  const keys = axis === spec.x ? ["x"] : ["y", "low", "high"];
  return spec.layers.every((layer) => {
    if (layer.kind === "rects") return axis === spec.x;
    const seen = layer.kind.startsWith("line") ? strokes(layer).map((one) => (axis === spec.x ? one.x : one.y)) : keys.map((key) => value(layer[key]) || []);
    return seen.every((values) => values.every((v) => v === null || v >= 0));
  });
}

function ticksOf(scale, axis, room) {
  if (axis.hidden) return [];
  if (axis.names) return axis.names.map((_, i) => i);
  const [low, high] = scale.domain();
  if (axis.whole) {
    const all = d3.scaleLinear([low, high], [0, 1]).ticks(Math.min(10, Math.floor(high - low) + 1));
    return all.filter(Number.isInteger);
  }
  const count = Math.max(2, Math.floor(room / 70));
  if (!axis.nowLog) {
    const found = scale.ticks(count);
    const step = Math.abs(found[1] - found[0]) || 1; // digits that tell two ticks apart
    axis.digits = Math.max(4, Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / step)) + 1);
    return found;
  }
  const decades = Math.log10(high / low);
  if (decades < 0.5) return d3.scaleLinear([low, high], [0, 1]).ticks(count);
  const kept = decades > 3.4 ? [1] : decades > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 5, 7];
  const found = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
    for (const digit of kept) { const t = Number((digit * Math.pow(10, e)).toPrecision(3)); if (t >= low * 0.999 && t <= high * 1.001) found.push(t); }
  }
  return found.length > count * 1.6 ? found.filter((t) => /^[15]/.test(t.toExponential()[0]) && t.toExponential()[1] !== ".") : found;
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

function label(number, axis) {
  if (axis && axis.names) return axis.names[number] ?? "";
  if (number !== 0 && (Math.abs(number) < 1e-3 || Math.abs(number) >= 1e5)) {
    const [digits, exponent] = number.toExponential(2).split("e");
    const power = "10" + [...String(Number(exponent))].map((c) => RAISED[c]).join("");
    return (Number(digits) === 1 ? power : `${Number(digits)}·${power}`).replace("-", "−");
  }
  return String(Number(number.toPrecision((axis && axis.digits) || 4))).replace("-", "−");
}

// Gives both axes the same scale: more room above, or on both sides.
function equalize(x, y) {
  const [left, right] = x.domain(), [low, high] = y.domain();
  const wide = x.range()[1] - x.range()[0], tall = y.range()[0] - y.range()[1];
  const unit = Math.max((right - left) / wide, (high - low) / tall), middle = (left + right) / 2;
  x.domain([middle - (unit * wide) / 2, middle + (unit * wide) / 2]);
  y.domain([low, low + unit * tall]);
}

class Chart {
  constructor(figure, spec) {
    this.figure = figure;
    this.spec = spec;
    this.plot = figure.querySelector(".plot");
    this.hidden = new Set(spec.layers.filter((layer) => layer.off).map((layer) => layer.name));
    for (const axis of [spec.x, spec.y]) axis.nowLog = Boolean(axis.log);
    this.isLive = JSON.stringify(spec.layers).includes('"live"');
    this.controls();
    this.plot.addEventListener("pointermove", (event) => this.moved(event));
    this.plot.addEventListener("pointerleave", () => { this.tip.hidden = true; light(null); });
    this.plot.addEventListener("click", () => { if (this.near && this.near.id) pin(this.near.id); });
    this.plot.addEventListener("keydown", (event) => this.key(event));
    this.plot.addEventListener("blur", () => light(null));
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
  }

  controls() {
    const bar = this.figure.querySelector(".legend");
    const seen = new Set();
    for (const layer of this.spec.layers) {
      if (!layer.name || seen.has(layer.name)) continue;
      seen.add(layer.name);
      const entry = button("", () => {
        if (!this.hidden.delete(layer.name)) this.hidden.add(layer.name);
        entry.setAttribute("aria-pressed", String(!this.hidden.has(layer.name)));
        this.draw();
      });
      entry.className = "key";
      entry.setAttribute("aria-pressed", String(!this.hidden.has(layer.name)));
      entry.append(swatch(layer), layer.name);
      bar.append(entry);
    }
    const axes = document.createElement("span");
    axes.className = "axes";
    for (const name of ["x", "y"]) {
      const axis = this.spec[name];
      if (!positive(axis, this.spec)) continue;
      const flip = button("", () => { axis.nowLog = !axis.nowLog; set(); this.draw(); });
      const set = () => {
        flip.textContent = `${name} ${axis.nowLog ? "log" : "linear"}`;
        flip.setAttribute("aria-label", `${name} axis: ${axis.nowLog ? "logarithmic" : "linear"}, switch`);
      };
      set();
      axes.append(flip);
    }
    if (axes.children.length) bar.append(axes);
  }

  draw() {
    const { spec } = this;
    const width = Math.max(240, this.plot.clientWidth || 480);
    const height = Math.max(170, Math.round(width * (width < 420 ? Math.max(spec.aspect, 0.75) : spec.aspect)));
    const shown = spec.layers.filter((layer) => !this.hidden.has(layer.name));
    const names = spec.y.names ? Math.min(0.42 * width, 12 + 6.3 * Math.max(...spec.y.names.map((n) => n.length))) : 0;
    const margin = { top: 8, right: 14, bottom: spec.x.label ? 38 : 24, left: names || 52 };
    if (!names) {
      const trial = (spec.y.nowLog ? d3.scaleLog() : d3.scaleLinear()).domain(extent(spec.y, spec, spec.layers));
      margin.left = 30 + 6.6 * Math.max(2, ...ticksOf(trial, spec.y, height * 1.4).map((t) => label(t, spec.y).length));
    }
    const turned = spec.x.names && spec.x.names.join("").length * 7 > width - 60;
    if (turned) margin.bottom += 4 * Math.min(16, Math.max(...spec.x.names.map((n) => n.length)));
    const make = (axis, range) => (axis.nowLog ? d3.scaleLog() : d3.scaleLinear()).domain(extent(axis, spec, spec.layers)).range(range);
    const x = make(spec.x, [margin.left, width - margin.right]);
    const y = make(spec.y, spec.y.names ? [margin.top, height - margin.bottom] : [height - margin.bottom, margin.top]);
    if (spec.equal) equalize(x, y);
    this.scales = { x, y, margin, width, height };
    const svg = d3.create("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height)
      .attr("role", "img").attr("aria-label", this.figure.querySelector("figcaption").textContent);
    const xs = ticksOf(x, spec.x, width - margin.left), ys = ticksOf(y, spec.y, height * 1.4);
    const grid = svg.append("g").attr("class", "grid");
    if (!spec.x.names) grid.selectAll().data(xs).join("line").attr("x1", x).attr("x2", x).attr("y1", margin.top).attr("y2", height - margin.bottom);
    if (!spec.y.names) grid.selectAll().data(ys).join("line").attr("y1", y).attr("y2", y).attr("x1", margin.left).attr("x2", width - margin.right);
    const below = svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`)
      .call(d3.axisBottom(x).tickValues(xs).tickFormat((t) => label(t, spec.x)).tickSizeOuter(0));
    if (turned) below.selectAll("text").attr("transform", "rotate(-35)").attr("text-anchor", "end");
    const side = svg.append("g").attr("class", "axis").attr("transform", `translate(${margin.left},0)`)
      .call(d3.axisLeft(y).tickValues(ys).tickFormat((t) => label(t, spec.y)).tickSizeOuter(0));
    if (spec.y.names) side.selectAll("text").each(function () { shorten(this, margin.left - 12); });
    if (spec.x.hidden && spec.y.hidden) svg.selectAll(".domain").remove();
    svg.append("text").attr("class", "axis-label").attr("x", (margin.left + width - margin.right) / 2).attr("y", height - 5).attr("text-anchor", "middle").text(spec.x.label);
    if (spec.y.label) svg.append("text").attr("class", "axis-label").attr("transform", `translate(12,${(margin.top + height - margin.bottom) / 2}) rotate(-90)`).attr("text-anchor", "middle").text(spec.y.label);
    const clip = `clip-${spec.key}`;
    svg.append("clipPath").attr("id", clip).append("rect").attr("x", margin.left - 5).attr("y", margin.top - 4).attr("width", width - margin.left - margin.right + 10).attr("height", height - margin.top - margin.bottom + 8);
    const area = svg.append("g").attr("clip-path", `url(#${clip})`);
    this.hits = [];
    for (const layer of shown) this[layer.kind](area.append("g").attr("class", "layer"), layer, x, y);
    this.plot.replaceChildren(svg.node(), this.tip);
    linked.index = null;
    if (linked.pinned.size) showLit();
  }

  path(x, y, layer) {
    const good = (axis) => (v) => v !== null && Number.isFinite(v) && (!axis.nowLog || v > 0);
    const okX = good(this.spec.x), okY = good(this.spec.y);
    const made = d3.line().x((p) => x(p[0])).y((p) => y(p[1])).defined((p) => okX(p[0]) && okY(p[1])).digits(1);
    return layer.step ? made.curve(d3.curveStepAfter) : made;
  }

  line(group, layer, x, y) {
    const path = this.path(x, y, layer);
    for (const one of strokes(layer)) {
      if (!one.y || !one.y.length) continue;
      const drawn = group.append("path").attr("class", `stroke ${layer.style}`).attr("d", path(one.x.map((v, i) => [v, one.y[i]])));
      if (one.id) drawn.attr("data-r", one.id);
      const px = one.x.map((v) => (v === null ? NaN : x(v))), py = one.y.map((v) => (v === null ? NaN : y(v)));
      this.hits.push({ ...one, name: layer.name, px, py });
    }
  }

  lines(group, layer, x, y) { this.line(group, layer, x, y); }

  band(group, layer, x, y) {
    const low = value(layer.low), high = value(layer.high), floor = y.range()[0];
    const at = (v) => (this.spec.y.nowLog && v <= 0 ? floor : y(v));
    const xs = value(layer.x).map((v, i) => [v, i]).filter(([v, i]) => low[i] !== null && high[i] !== null && !(this.spec.x.nowLog && v <= 0));
    group.append("path").attr("class", `area ${layer.style}`)
      .attr("d", d3.area().x(([v]) => x(v)).y0(([, i]) => at(low[i])).y1(([, i]) => at(high[i])).digits(1)(xs));
  }

  dots(group, layer, x, y) {
    const ids = value(layer.items) || [], xs = value(layer.x), ys = value(layer.y);
    const shape = d3.symbol(SYMBOLS[layer.symbol || "circle"], layer.size).digits(1)();
    xs.forEach((v, i) => {
      const px = x(v), py = y(ys[i]);
      if (v === null || ys[i] === null || !Number.isFinite(px) || !Number.isFinite(py)) return;
      const dot = group.append("path").attr("class", `mark ${layer.style}`).attr("d", shape).attr("transform", `translate(${px.toFixed(1)},${py.toFixed(1)})`);
      if (ids[i]) dot.attr("data-r", ids[i]);
      this.hits.push({ id: ids[i], name: layer.name, x: [v], y: [ys[i]], px: [px], py: [py], dot: true });
    });
  }

  rects(group, layer, x, y) {
    layer.x0.forEach((_, i) => {
      const [a, b] = [x(layer.x0[i]), x(layer.x1[i])].sort((p, q) => p - q), [c, d] = [y(layer.y0[i]), y(layer.y1[i])].sort((p, q) => p - q);
      const rect = group.append("rect").attr("class", `bar ${layer.style}`).attr("x", a).attr("width", Math.max(0, b - a)).attr("y", c).attr("height", Math.max(0, d - c));
      const shade = layer.shades ? layer.shades[i] : null;
      if (shade !== null && shade !== undefined) rect.attr("fill-opacity", Math.max(0.04, Math.min(1, shade)));
      const text = layer.texts ? layer.texts[i] : "";
      if (!text) return;
      const inside = shade !== null && shade !== undefined;
      group.append("text").attr("class", inside && shade > 0.55 ? "bar-text on" : "bar-text").attr("x", inside ? (a + b) / 2 : b + 4).attr("y", (c + d) / 2).attr("dy", ".35em").attr("text-anchor", inside ? "middle" : "start").text(text);
    });
  }

  rule(group, layer, x, y) {
    const { margin, width, height } = this.scales;
    const vertical = layer.at_x !== undefined && layer.at_x !== null;
    const at = vertical ? x(layer.at_x) : y(layer.at_y);
    if (!Number.isFinite(at)) return;
    const line = group.append("line").attr("class", `stroke ${layer.style}`);
    if (vertical) line.attr("x1", at).attr("x2", at).attr("y1", margin.top).attr("y2", height - margin.bottom);
    else line.attr("y1", at).attr("y2", at).attr("x1", margin.left).attr("x2", width - margin.right);
    if (!layer.text) return;
    const text = group.append("text").attr("class", "rule-text").text(layer.text);
    if (vertical) text.attr("x", at - 4).attr("y", height - margin.bottom - 6).attr("text-anchor", at > margin.left + 60 ? "end" : "start");
    else text.attr("x", width - margin.right - 4).attr("y", at - 4).attr("text-anchor", "end");
  }

  moved(event) {
    const svg = this.plot.querySelector("svg");
    if (!svg) return;
    const [px, py] = d3.pointer(event, svg);
    const { width, height } = this.scales;
    let best = null;
    for (const hit of this.hits) {
      const found = nearest(hit, px, py);
      if (!found) continue;
      if (!hit.id) found.far += 3; // records first
      if (!best || found.far < best.far) best = { ...found, id: hit.id, name: hit.name };
    }
    this.near = best && best.far < 18 ? best : null;
    light(this.near ? this.near.id ?? null : null);
    this.tip.hidden = !this.near;
    if (!this.near) return;
    const { spec } = this;
    const say = (axis, v) => (axis.names ? label(Math.round(v), axis) : `${axis.label.replace(/ \([^)]*\)$/, "")} ${label(v, axis)}${(axis.label.match(/\(([^)]*)\)$/) || ["", ""])[1].replace(/^/, " ").trimEnd()}`);
    this.tip.textContent = "";
    const bold = document.createElement("b");
    bold.textContent = this.near.id || this.near.name;
    this.tip.append(bold, document.createElement("br"), say(spec.x, this.near.x), document.createElement("br"), say(spec.y, this.near.y));
    const left = Math.min(Math.max(this.near.px + 12, 0), width - 150);
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${this.near.py > height / 2 ? this.near.py - 66 : this.near.py + 12}px`;
  }

  key(event) {
    const ids = [...new Set(this.hits.map((hit) => hit.id).filter(Boolean))];
    if (!ids.length) return;
    const at = ids.indexOf(linked.hover);
    if (event.key === "ArrowRight" || event.key === "ArrowDown") light(ids[(at + 1) % ids.length]);
    else if (event.key === "ArrowLeft" || event.key === "ArrowUp") light(ids[(at - 1 + ids.length) % ids.length]);
    else if (event.key === "Enter" && linked.hover) pin(linked.hover);
    else return;
    event.preventDefault();
  }
}

// The point of a line or dot nearest to the pointer, in pixels.
function nearest(hit, px, py) {
  if (hit.dot) {
    return { far: Math.max(0, Math.hypot(hit.px[0] - px, hit.py[0] - py) - 4), x: hit.x[0], y: hit.y[0], px: hit.px[0], py: hit.py[0] };
  }
  let best = null;
  for (let i = 0; i < hit.px.length; i++) {
    const j = Math.min(i + 1, hit.px.length - 1);
    const ax = hit.px[i], ay = hit.py[i], bx = hit.px[j], by = hit.py[j];
    if (!Number.isFinite(ax + ay + bx + by)) continue;
    const long = (bx - ax) ** 2 + (by - ay) ** 2;
    const t = long ? Math.max(0, Math.min(1, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / long)) : 0;
    const qx = ax + t * (bx - ax), qy = ay + t * (by - ay), far = Math.hypot(qx - px, qy - py);
    if (!best || far < best.far) best = { far, x: t < 0.5 ? hit.x[i] : hit.x[j], y: t < 0.5 ? hit.y[i] : hit.y[j], px: qx, py: qy };
  }
  return best;
}

function shorten(text, room) {
  const full = text.textContent;
  const fits = Math.floor(room / 6.1);
  if (full.length <= fits) return;
  text.textContent = full.slice(0, fits - 1) + "…";
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = full;
  text.append(title);
}

function swatch(layer) {
  const svg = d3.create("svg").attr("viewBox", "0 0 18 12").attr("width", 18).attr("height", 12).attr("aria-hidden", "true");
  if (layer.kind === "dots") svg.append("path").attr("class", `mark ${layer.style}`).attr("transform", "translate(9,6)").attr("d", d3.symbol(SYMBOLS[layer.symbol || "circle"], Math.min(layer.size, 55))());
  else if (layer.kind === "band") svg.append("rect").attr("class", `area ${layer.style}`).attr("width", 18).attr("height", 12);
  else if (layer.kind === "rects") svg.append("rect").attr("class", `bar ${layer.style}`).attr("y", 1).attr("width", 18).attr("height", 10);
  else svg.append("line").attr("class", `stroke ${layer.style}`).attr("x1", 1).attr("x2", 17).attr("y1", 6).attr("y2", 6);
  return svg.node();
}

// -- waveforms ---------------------------------------------------------------------------------------

function waveform(figure) {
  const { low, high, peak, duration_s } = page.waveforms[figure.dataset.r];
  const most = Math.max(...Object.values(page.waveforms).map((one) => one.peak));
  const width = 300, height = 56, x = (i) => (i / (low.length - 1 || 1)) * width, y = (v) => height / 2 - (v / 1000) * (peak / most) * (height / 2 - 1);
  const points = low.flatMap((v, i) => [[x(i), y(v)], [x(i), y(high[i])]]);
  const svg = d3.create("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("preserveAspectRatio", "none").attr("role", "img")
    .attr("aria-label", `Scaled acceleration of ${figure.dataset.r}: peak ${peak.toFixed(3)} g, ${duration_s.toFixed(0)} s`);
  svg.append("line").attr("class", "zero").attr("x2", width).attr("y1", height / 2).attr("y2", height / 2);
  svg.append("path").attr("class", "wave").attr("d", d3.line().digits(1)(points));
  figure.querySelector(".wave-plot").replaceChildren(svg.node());
}

function linkFigure(element) {
  element.addEventListener("pointerenter", () => light(element.dataset.r));
  element.addEventListener("pointerleave", () => light(null));
  element.addEventListener("click", (event) => { if (!event.target.closest("button,a,input")) pin(element.dataset.r); });
}

// -- start -------------------------------------------------------------------------------------------

function startCharts() {
  for (const figure of document.querySelectorAll("figure.wave")) { waveform(figure); linkFigure(figure); }
  const widths = new Map();
  const watch = new ResizeObserver((entries) => {
    if (window.matchMedia("print").matches) return;
    for (const { target } of entries) {
      if (!target.clientWidth || widths.get(target) === target.clientWidth) continue;
      widths.set(target, target.clientWidth);
      charts.get(target).draw();
    }
  });
  for (const figure of document.querySelectorAll("figure.chart")) {
    const chart = new Chart(figure, page.charts[figure.dataset.chart]);
    charts.set(chart.plot, chart);
    chart.draw();
    widths.set(chart.plot, chart.plot.clientWidth);
    watch.observe(chart.plot);
  }
  listeners.push(() => { for (const chart of charts.values()) if (chart.isLive) chart.draw(); });
}

// Everything is open on paper.
const closed = () => [...document.querySelectorAll("details:not([open])")];
let opened = [];
window.addEventListener("beforeprint", () => { opened = closed(); for (const one of opened) one.open = true; });
window.addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
