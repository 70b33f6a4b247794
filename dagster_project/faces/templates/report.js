// The page's choices: which rows of the data go into which chart, and which are filtered out.
// Nothing is worked out here: every number comes from the answers, and where one is not known a chart has a gap.
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = read("data"), specs = read("specs");
  const byId = (id) => document.getElementById(id);
  const usd = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const signed = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });
  const percent = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 2 });
  const money = (value) => (value === null || value === undefined ? "not known" : usd.format(value));
  const share = (value) => (value === null || value === undefined ? "" : percent.format(value));
  const instant = (minutes) => new Date(minutes * 60000).toISOString().slice(0, 16).replace("T", " ").replace(" 00:00", "");
  const views = {};
  const tables = {};

  const chosen = () => Number(byId("scope").value);
  const since = () => {
    const days = Number(byId("span").value);
    return days === 0 ? -Infinity : data.last - days * 1440;
  };

  // A chart is one picture with a sentence for who cannot see it; Vega writes its own label on what it is given, so that
  // is an element inside.
  // --- charts and the tables behind them -------------------------------------------------------------------------
  async function draw(name, rows, columns, sentence, adapt) {
    const place = byId(`chart-${name}`);
    place.setAttribute("aria-label", sentence);
    tables[name] = { rows, columns };
    if (byId(`table-${name}`)?.open) fill(name);
    const spec = structuredClone(specs[name.split("-")[0]]);
    spec.data = { name: "rows", values: rows };
    if (adapt) adapt(spec);
    spec.config.legend.columns = Math.max(1, Math.floor((place.clientWidth || 600) / 150));
    const before = views[name];
    views[name] = vegaEmbed(place.firstElementChild, spec, {
      mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: { disableDefaultStyle: true }, logLevel: 1, // errors only: an empty layer is no news
    });
    const result = await views[name];
    if (before) (await before).finalize();
    return result;
  }

  // A height for so many rows, and not a step for each: with a step Vega-Lite would not fit the width.
  const tall = (count, step) => (spec) => { spec.height = Math.max(count, 1) * step; };

  function fill(name) {
    const { rows, columns } = tables[name];
    const place = byId(`rows-${name}`);
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const [title] of columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = title;
      head.append(cell);
    }
    const body = table.createTBody();
    const most = 500;
    for (const row of rows.slice(-most).reverse()) {
      const line = body.insertRow();
      for (const [, read, isNumber] of columns) {
        const cell = line.insertCell();
        cell.textContent = read(row);
        if (isNumber) cell.className = "number";
      }
    }
    place.replaceChildren(table);
    byId(`more-${name}`).textContent = rows.length > most ? `The last ${most} of ${rows.length} rows, the latest first.` : "";
  }

  const short = (words) => words.replace(" 00:00", "");
  const at = ["UTC", (row) => row.at];

  // The time that is nearest to each instant, for the pointer: up to half way to its neighbours.
  function bands(rows) {
    rows.forEach((row, i) => {
      const before = rows[i - 1]?.t ?? row.t, after = rows[i + 1]?.t ?? row.t;
      row.left = row.t - Math.min((row.t - before) / 2 || 432e5, 432e6);
      row.right = row.t + Math.min((after - row.t) / 2 || 432e5, 432e6);
    });
    return rows;
  }

  // --- value over time -------------------------------------------------------------------------------------------
  function valueRows(series) {
    let stretch = 0, dash = 0;
    const isEstimated = (i) => series.gaps[i] !== undefined && series.gaps[i][3] !== null;
    const rows = series.t.map((t, i) => {
      const gap = series.gaps[i], estimated = isEstimated(i), borders = isEstimated(i - 1) || isEstimated(i + 1);
      const state = gap === undefined ? "complete" : estimated ? "estimated" : gap[0] === null ? "nothing known" : "known part only";
      if (!estimated && !isEstimated(i - 1)) dash += 1;
      const v = gap === undefined ? series.v[i] : estimated ? gap[3] : gap[0], off = estimated ? gap[4] : 0;
      const band = estimated || (gap === undefined && borders) ? { dash, low: v - off, high: v + off } : {};
      if (gap === undefined && (i === 0 || series.gaps[i - 1] !== undefined)) stretch += 1;
      const alone = gap === undefined && series.gaps[i - 1] !== undefined && (i + 1 === series.t.length || series.gaps[i + 1] !== undefined);
      return {
        t: t * 60000, minutes: t, at: instant(t), v, state, stretch, alone, ...band,
        value: gap === undefined ? money(v) : estimated ? `about ${money(v)}, give or take ${money(off)}; ${money(gap[0])} known`
          : gap[0] === null ? "not known" : `${money(gap[0])} known, no total`,
        why: gap === undefined ? "every cell recorded" : gap[2] || gap[1],
      };
    });
    return bands(rows.filter((row) => row.minutes >= since()));
  }

  function drawValue(series, name) {
    const rows = valueRows(series);
    const gaps = rows.filter((row) => row.state !== "complete").length;
    const last = rows[rows.length - 1];
    const words = last ? `, ${rows.length} instants to ${last.at} UTC, ${gaps} without a total; the last: ${last.value}` : ": nothing in this span";
    return draw("value", rows, [at, ["US dollars", (row) => row.value, true], ["state", (row) => row.state], ["why", (row) => row.why]],
      `Value of ${name} in US dollars over time${words}`,
      (spec) => { // a band may reach far beyond all values, as where nobody was asked; the axis shows the values
        const values = rows.map((row) => row.v).filter((v) => v !== null && v !== undefined);
        if (values.length) spec.layer[0].encoding.y.scale = { domain: [Math.min(0, ...values), Math.max(0, ...values) * 1.05 || 1], nice: true };
      });
  }

  // --- what it is made of ----------------------------------------------------------------------------------------
  function drawParts(scope) {
    const per = data.parts.per[byId("per").value];
    const names = Object.entries(per.names);
    const members = scope.members.map((member) => per.accounts[member]).filter(Boolean);
    const gaps = new Set(members.flatMap((member) => member.incomplete));
    const rows = [];
    per.t.forEach((t, i) => {
      if (gaps.has(i) || t < since()) return;
      const next = per.t[i + 1] ?? t + (t - per.t[i - 1] || 1440);
      const end = (gaps.has(i + 1) ? next : next + (next - t) * 0.06) * 60000; // over the seam, which print would show
      for (const [place, name] of names) {
        for (const member of members) {
          const v = member.v[place]?.[i];
          if (v !== undefined && v !== null) rows.push({ t: t * 60000, end, at: instant(t), v, name, place: Number(place) });
        }
      }
    });
    const present = names.filter(([place]) => members.some((member) => member.v[place]));
    const range = present.map(([place]) => `var(--p${Math.min(Number(place) - 1, 10)})`);
    return draw("parts", rows, [at, ["part", (row) => row.name], ["US dollars", (row) => money(row.v), true]],
      `Value of ${scope.name} over time by ${byId("per").selectedOptions[0].text}: ${present.map(([, name]) => name).join(", ")}; ${gaps.size} instants without a total are left out`,
      (spec) => { spec.encoding.color.scale = { domain: present.map(([, name]) => name), range }; });
  }

  // --- what changed ----------------------------------------------------------------------------------------------
  const EFFECTS = ["price", "income", "fees", "flow", "scope", "revaluation"];
  const CLOSING = EFFECTS.length + 1;
  function drawChange(scope, place) {
    const change = data.changes[Number(byId("period").value)];
    const told = change.scopes[place];
    const known = told !== null && told.n[0] !== null && told.n[CLOSING] !== null;
    const rows = [];
    if (known) {
      rows.push({ name: "opening", kind: "end", from: told.n[0], right: told.n[0], amount: money(told.n[0]) });
      told.bars.forEach(([from, to], i) => {
        rows.push({ name: EFFECTS[i], kind: told.n[i + 1] < 0 ? "loss" : "gain", from, to, right: Math.max(from, to), amount: signed.format(told.n[i + 1]) });
      });
      rows.push({ name: "closing", kind: "end", from: told.n[CLOSING], right: told.n[CLOSING], amount: money(told.n[CLOSING]) });
    }
    const reason = told === null ? "not in scope" : told.reason;
    byId("change-words").textContent = known
      ? `From ${short(told.since)} to ${short(told.until)} UTC${told.gap ? "; instants that are not complete lie between" : ""}. Flows are ${told.method === "classified_flows" ? "those that you imported" : "implied from snapshots; gas and slippage are inside"}.${told.ambiguous ? ` Up to ${money(told.ambiguous)} US dollars of income and fees could as well be flow, or the other way round.` : ""}`
      : `Not known: ${reason}.`;
    return draw("change", rows, [["what", (row) => row.name], ["US dollars", (row) => row.amount, true]],
      `What changed for ${scope.name}: ${rows.map((row) => `${row.name} ${row.amount}`).join(", ") || reason}`, tall(rows.length, 30));
  }

  function changeTables() {
    const change = data.changes[Number(byId("period").value)];
    const line = (told) => [told.name, ...told.n.map((number, i) => (i === 0 || i === CLOSING ? money(number) : number === null ? "" : signed.format(number)))];
    const rows = (list) => list.filter((told) => told !== null && told.since !== null).map(line);
    const accounts = change.scopes.map((told, i) => (told === null ? null : { ...told, name: data.scopes[i].name }));
    put("change-scopes", rows(accounts));
    put("change-assets", rows(change.assets));
    const more = [
      change.more_assets ? `and ${change.more_assets} assets that changed less` : "",
      change.unpriced_assets ? `${change.unpriced_assets} assets have no known price at one end: what they changed by is not known` : "",
    ];
    byId("change-more").textContent = more.filter((words) => words).join("; ");
  }

  function put(id, lines) {
    const body = byId(id);
    body.replaceChildren();
    for (const line of lines) {
      const row = body.insertRow();
      line.forEach((words, i) => {
        const cell = row.insertCell();
        cell.textContent = words;
        if (i > 0) cell.className = "number";
      });
    }
  }

  // --- drawdown, allocation --------------------------------------------------------------------------------------
  function drawFall(series, name) {
    const fall = series.drawdown;
    const rows = bands(fall.t.map((t, i) => ({ t: t * 60000, minutes: t, at: instant(t), v: fall.v[i], fall: share(fall.v[i]), stretch: fall.stretch[i] }))
      .filter((row) => row.minutes >= since()));
    return draw("drawdown", rows, [at, ["below the highest", (row) => row.fall, true]],
      `How far the index of returns of ${name} lies below its highest, ${rows.length} instants${rows.length ? `; the last: ${rows[rows.length - 1].fall}` : ""}`);
  }

  function drawSpread(scope, place) {
    const own = data.spreads[place];
    const per = own[byId("spread-per").value] ?? [];
    byId("spread-words").textContent = own[byId("spread-per").value] === undefined ? "An account on its own is not spread by account or layer here." : "";
    const rows = per.filter((row) => row.k !== null).slice(0, 15).map((row) => ({
      name: row.name, k: row.k, right: Math.max(row.k, 0), amount: row.v === null ? `${money(row.k)} known, no total` : money(row.v), share: row.share === null ? money(row.k) : share(row.share),
    }));
    put("spread-rows", per.map((row) => [row.name, money(row.v), money(row.k), share(row.share), row.debt ? money(row.debt) : "", row.reason ?? ""]));
    return draw("spread", rows, [["part", (row) => row.name], ["US dollars", (row) => row.amount, true], ["share", (row) => row.share, true]],
      `How the value of ${scope.name} is spread: ${rows.map((row) => `${row.name} ${row.share || row.amount}`).join(", ")}`, tall(rows.length, 24));
  }

  // --- coverage, agreement ---------------------------------------------------------------------------------------
  const unroll = (runs) => runs.flatMap(([number, days]) => Array(days).fill(number));
  function drawCalendars(scope, place) {
    const missing = unroll(data.calendar.missing[place]), recorded = unroll(data.calendar.recorded[place]);
    const years = {};
    data.calendar.days.forEach((day, i) => {
      const cells = missing[i] + recorded[i];
      if (cells === 0) return;
      const date = new Date(`${day}T00:00:00Z`);
      const first = new Date(Date.UTC(date.getUTCFullYear(), 0, 1));
      const weekday = (date.getUTCDay() + 6) % 7;
      const week = Math.floor(((date - first) / 86400000 + ((first.getUTCDay() + 6) % 7)) / 7);
      (years[date.getUTCFullYear()] ??= []).push({
        day, weekday, week, state: missing[i] === 0 ? "complete" : recorded[i] === 0 ? "all missing" : "partly missing",
        cells: missing[i] === 0 ? `${cells} cells recorded` : `${missing[i]} of ${cells} cells missing`,
        month: date.getUTCDate() === 1 ? date.toLocaleString("en", { month: "short", timeZone: "UTC" }) : null,
      });
    });
    const all = byId("calendars");
    return Promise.all([...all.children].map((figure) => {
      const rows = years[figure.dataset.year] ?? [];
      figure.hidden = rows.length === 0;
      const bad = rows.filter((row) => row.state !== "complete");
      return draw(`calendar-${figure.dataset.year}`, rows, [], `Coverage of ${scope.name} in ${figure.dataset.year}: ${rows.length} days, ${bad.length} with missing cells${bad.length ? `: ${bad.slice(0, 12).map((row) => row.day).join(", ")}` : ""}`);
    }));
  }

  function drawAgreement(scope) {
    const cells = data.agreement.cells.filter(([member]) => scope.members.includes(member));
    const rows = cells.map(([, cell, pair, agreed]) => ({
      cell, pair, share: percent.format(agreed),
      state: agreed >= 0.99 ? "1 % apart at most" : agreed >= 0.9 ? "10 % apart at most" : "further apart",
    }));
    byId("agreement-words").textContent = rows.length ? "" : "No two providers answered for the same cell of this choice at the last instant.";
    return draw("agreement", rows, [["cell", (row) => row.cell], ["providers", (row) => row.pair], ["agree on", (row) => row.share, true]],
      `How far providers agree at the last instant: ${rows.length} cells, the worst first`, tall(new Set(rows.map((row) => row.cell)).size, 24));
  }

  function drawProviders() {
    const rows = [];
    for (const [name, line] of Object.entries(data.providers)) {
      let stretch = 0;
      line.t.forEach((t, i) => {
        if (line.v[i] === null) { stretch += 1; return; }
        if (t >= since()) rows.push({ t: t * 60000, at: instant(t), v: line.v[i], value: money(line.v[i]), name, cells: line.cells[i], stretch: `${name} ${stretch}` });
      });
    }
    const names = Object.keys(data.providers);
    return draw("providers", rows, [at, ["provider", (row) => row.name], ["US dollars", (row) => row.value, true], ["cells", (row) => row.cells, true]],
      `What each provider says on its own over time: ${names.join(", ")}`,
      (spec) => { for (const layer of spec.layer) layer.encoding.color = { field: "name", type: "nominal", scale: { domain: names, range: names.map((_, i) => `var(--p${i})`) } }; });
  }

  // --- figures, holdings -----------------------------------------------------------------------------------------
  function tell(place) {
    const own = data.figures[place];
    byId("figures").hidden = own === null;
    if (own === null) return;
    const set = (id, words, note) => { byId(id).textContent = words; byId(`${id}-note`).textContent = note; };
    byId("as-of").textContent = own.as_of;
    set("f-value", own.value !== null ? `${own.value} USD` : own.estimate !== null ? `about ${own.estimate} USD` : "not known", own.value !== null ? byId("f-value-note").dataset.complete
      : `${own.estimate !== null ? `an estimate, give or take ${own.uncertainty}: ` : ""}${own.why}; known ${own.known} USD, last complete ${own.last_complete}`);
    byId("f-value").classList.toggle("warn", own.value === null);
    set("f-complete", `${own.complete} of ${own.instants}`, "snapshots have a total");
    set("f-roi", own.roi === null ? "not known" : share(own.roi), `profit on what was put in, since ${short(own.since)}`);
    set("f-fall", own.drawdown === null ? "not known" : share(own.drawdown), `from ${short(own.drawdown_since)} to ${short(own.drawdown_as_of)}`);
    set("f-unpriced", String(own.unpriced ?? "not known"), "holdings have no known price and are in no total");
  }

  function filterHoldings(scope) {
    const wanted = byId("find").value.trim().toLowerCase();
    let count = 0;
    for (const row of byId("holdings").rows) {
      const isShown = scope.members.includes(Number(row.dataset.member)) && row.textContent.toLowerCase().includes(wanted);
      row.hidden = !isShown;
      count += isShown;
    }
    byId("holdings-count").textContent = `${count} holdings shown`;
  }

  // --- putting it together ---------------------------------------------------------------------------------------
  const all = () => {
    const place = chosen(), scope = data.scopes[place], series = data.series[place];
    tell(place);
    filterHoldings(scope);
    changeTables();
    return Promise.all([
      drawValue(series, scope.name), drawParts(scope), drawChange(scope, place), drawFall(series, scope.name),
      drawSpread(scope, place), drawCalendars(scope, place), drawAgreement(scope), drawProviders(),
    ]);
  };
  const render = async () => {
    document.body.dataset.drawn = "";
    await all();
    document.body.dataset.drawn = "yes";
  };

  const root = document.documentElement;
  function theme(name) {
    root.dataset.theme = name;
    const isDark = name === "dark" || (name === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    byId("theme").textContent = isDark ? "Light" : "Dark";
    byId("theme").setAttribute("aria-label", isDark ? "Show in light colours" : "Show in dark colours");
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => theme(root.dataset.theme));
  byId("theme").addEventListener("click", () => theme(byId("theme").textContent.toLowerCase()));
  for (const id of ["scope", "span", "per", "period", "spread-per"]) byId(id).addEventListener("change", render);
  byId("find").addEventListener("input", () => filterHoldings(data.scopes[chosen()]));
  for (const name of ["value", "parts", "change", "drawdown", "providers", "agreement"]) {
    byId(`table-${name}`)?.addEventListener("toggle", (event) => { if (event.target.open) fill(name); });
  }
  byId("controls").hidden = false;
  theme("auto");
  render();
})();
