"use strict";
(() => {
  const root = document.documentElement;
  const problems = [];
  addEventListener("error", (event) => problems.push(String(event.message)));

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // Tables: a click on a heading sorts, a second one the other way round; empty cells stay last.
  const key = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.v ?? cell.textContent.trim();
    return cell.dataset.v === undefined ? text : Number(text);
  };
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };
  const sort = (table, column) => {
    const headings = table.tHead.rows[0].cells;
    const descending = headings[column].getAttribute("aria-sort") === "ascending";
    for (const heading of headings) heading.removeAttribute("aria-sort");
    headings[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, key: key(row, column) }));
    rows.sort((a, b) => (descending && a.key !== "" && b.key !== "" ? -1 : 1) * compare(a.key, b.key));
    body.append(...rows.map((entry) => entry.row));
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = make("button", { type: "button" });
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sort(table, column));
      heading.append(button);
    });
  }
  // Paper shows what was closed, and the page is afterwards as it was.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const closed of opened) closed.open = true;
  });
  addEventListener("afterprint", () => opened.forEach((closed) => (closed.open = false)));

  // Curves.
  const source = document.getElementById("curves");
  const explorer = source ? explore(JSON.parse(source.textContent)) : null;

  function explore(data) {
    const frame = document.getElementById("explorer");
    const [controls, chart, readout] = ["controls", "chart", "readout"].map((name) => frame.querySelector("." + name));
    const state = { quantity: 0, logarithmic: false, hidden: new Set(), plot: null };
    const variable = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
    const colour = (arm) => variable("series-" + (arm % 6));
    const digits = (value) => (value == null ? "" : String(Number(value.toPrecision(4))));
    const current = () => data.quantities[state.quantity];

    const table = (quantity) => {
      const usable = (value) => (value != null && (!state.logarithmic || value > 0) ? value : null);
      const curves = quantity.arms.map((arm) => [arm.t, ...["low", "median", "high"].map((name) => arm[name].map(usable))]);
      return uPlot.join(curves);
    };
    const translucent = (text) => {
      const [r, g, b] = [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
      return `rgba(${r},${g},${b},0.18)`;
    };
    const read = (plot) => {
      const index = plot.cursor.idx;
      if (index == null) return readout.replaceChildren();
      const rows = current().arms.flatMap((arm, i) => {
        const [low, median, high] = [1, 2, 3].map((k) => plot.data[3 * i + k][index]);
        if (state.hidden.has(i) || median == null) return [];
        const swatch = make("th", { scope: "row", textContent: arm.name });
        swatch.style.color = colour(i);
        return [make("tr", {}, swatch, make("td", { textContent: digits(median) }), make("td", { textContent: `${digits(low)} to ${digits(high)}` }))];
      });
      const time = make("caption", { textContent: `${digits(plot.data[0][index])} ${data.time}, ${current().name} ${current().unit}` });
      readout.replaceChildren(make("table", {}, time, make("tbody", {}, ...rows)));
    };
    const draw = () => {
      if (state.plot) state.plot.destroy();
      const quantity = current();
      const axis = (label) => ({
        label,
        stroke: variable("text"),
        grid: { stroke: variable("grid"), width: 1 },
        ticks: { stroke: variable("axis"), width: 1 },
        font: "13px system-ui, sans-serif",
        labelFont: "14px system-ui, sans-serif",
      });
      const series = quantity.arms.flatMap((arm, i) => {
        const edge = { spanGaps: true, stroke: translucent(colour(i)), width: 1, points: { show: false }, show: !state.hidden.has(i) };
        return [edge, { ...edge, stroke: colour(i), width: 2 }, { ...edge }];
      });
      state.plot = new uPlot(
        {
          width: Math.max(300, chart.clientWidth),
          height: 380,
          legend: { show: false },
          scales: { x: { time: false }, y: { distr: state.logarithmic ? 3 : 1 } },
          axes: [axis(`Time (${data.time})`), { ...axis(quantity.name + (quantity.unit ? ` (${quantity.unit})` : "")), size: 70 }],
          series: [{}, ...series],
          bands: quantity.arms.map((_, i) => ({ series: [3 * i + 3, 3 * i + 1], fill: translucent(colour(i)) })),
          cursor: { drag: { x: true, y: false } },
          hooks: { setCursor: [read] },
        },
        table(quantity),
        chart,
      );
    };
    const show = (arm, visible) => {
      state.hidden[visible ? "delete" : "add"](arm);
      for (const k of [1, 2, 3]) state.plot.setSeries(3 * arm + k, { show: visible });
    };

    const select = make("select", {}, ...data.quantities.map((q, i) => make("option", { value: i, textContent: q.name })));
    select.addEventListener("change", () => { state.quantity = Number(select.value); draw(); });
    const logarithmic = make("input", { type: "checkbox" });
    logarithmic.addEventListener("change", () => { state.logarithmic = logarithmic.checked; draw(); });
    const whole = make("button", { type: "button", textContent: "Show all" });
    whole.addEventListener("click", draw);
    const swatches = [];
    const arms = data.quantities[0].arms.map((arm, i) => {
      const box = make("input", { type: "checkbox", checked: true });
      box.addEventListener("change", () => show(i, box.checked));
      swatches[i] = make("span", { className: "swatch" });
      return make("label", {}, box, swatches[i], arm.name);
    });
    if (data.quantities.length > 1) controls.append(make("label", {}, "Quantity ", select));
    controls.append(...arms, make("label", {}, logarithmic, "logarithmic"), whole);
    const paint = () => { swatches.forEach((swatch, i) => (swatch.style.background = colour(i))); draw(); };
    frame.hidden = false;
    paint();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
    new ResizeObserver(() => state.plot.setSize({ width: Math.max(300, chart.clientWidth), height: 380 })).observe(chart);
    return { boxes: controls.querySelectorAll("label input"), state, canvas: () => chart.querySelector("canvas") };
  }

  // Run by the tests with `#selftest`: what a reader does, and whether the page answers. The result is an attribute of the page.
  async function selftest() {
    const settled = () => new Promise((resolve) => setTimeout(resolve, 50));
    const found = { curves: !!explorer };
    if (explorer) {
      const pixels = () => explorer.canvas().toDataURL();
      await settled();
      const before = pixels();
      explorer.boxes[0].click();
      await settled();
      const without = pixels();
      explorer.boxes[0].click();
      await settled();
      found.toggleChanges = before !== without;
      found.toggleReturns = before === pixels();
      const full = explorer.state.plot.scales.x.max;
      explorer.state.plot.setScale("x", { min: 0, max: full / 2 });
      await settled();
      found.zoomChanges = before !== pixels();
      explorer.state.plot.setCursor({ left: 50, top: 50 });
      await settled();
      found.hoverReads = document.querySelectorAll(".readout td").length > 0;
    }
    const numeric = document.querySelector("table.sortable th.number button");
    if (numeric) {
      const table = numeric.closest("table");
      const column = numeric.closest("th").cellIndex;
      const keys = () => [...table.tBodies[0].rows].map((row) => key(row, column)).filter((value) => value !== "");
      const ordered = (values) => values.every((value, i) => i === 0 || values[i - 1] <= value);
      numeric.click();
      const up = ordered(keys());
      numeric.click();
      found.sorts = up && ordered(keys().reverse());
    }
    found.problems = problems;
    root.dataset.selftest = JSON.stringify(found);
  }
  if (location.hash === "#selftest") selftest();
})();
