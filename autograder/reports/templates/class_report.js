"use strict";
// Text of students reaches the page as data only: textContent, never markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const number = (value) => (value === null ? "?" : String(Math.round(value * 100) / 100));
  const ROW = 26; // pixels, as in the style sheet

  // Tables that are in the page already: a click on a column's title sorts them.
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, index) => {
      const button = head.querySelector("button");
      if (!button) return;
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = (row) => row.cells[index].dataset.value ?? row.cells[index].textContent.trim();
        const rows = [...body.rows].map((row) => [key(row), row]);
        rows.sort(([a], [b]) => compare(a, b) * (down ? -1 : 1));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }
  function compare(a, b) {
    // What is not known comes last in falling order.
    const [x, y] = [a === "" ? -Infinity : Number(a), b === "" ? -Infinity : Number(b)];
    return Number.isNaN(x) || Number.isNaN(y)
      ? String(a).localeCompare(String(b), undefined, { numeric: true })
      : x < y ? -1 : x > y ? 1 : 0;
  }

  const grid = byId("grid");
  if (!grid) return;
  const head = grid.querySelector(".grid-head");
  const body = grid.querySelector(".grid-body");
  const all = data.rows.map((row, index) => ({ ...row, index }));
  let shown = all;
  let columns = [];
  let active = { row: 0, column: 0 };
  const sort = { column: null, down: false };
  const filter = { text: "", show: "all", held: null, bin: null };
  const drawn = new Map();

  function cell(row, column) {
    if (column.kind === "name") return { text: row.id, order: row.id };
    if (column.kind === "score") return { text: row.absent ? "–" : number(row.score), order: row.score };
    if (column.kind === "points") {
      const points = row.points[column.index];
      return { text: points === -1 ? "" : number(points), order: points };
    }
    const state = data.states[row.states[column.index]];
    return state ? { text: state.sign, state, order: state.order } : { text: "", order: -1 };
  }

  function setColumns() {
    const wide = byId("wide")?.checked ?? false;
    columns = [{ kind: "name", title: "Student" }, { kind: "score", title: data.course ? "Mean" : "Score" }];
    data.groups.forEach((group, index) => {
      columns.push({ kind: "points", index, title: group.name, first: true, group });
      if (!wide) return;
      for (const check of group.checks) {
        columns.push({ kind: "check", index: check, title: data.checks[check].name, group });
      }
    });
    const width = { name: "clamp(6.5rem, 20vw, 15rem)", score: "4rem", points: "3.3rem", check: "28px" };
    grid.style.setProperty("--columns", columns.map((column) => width[column.kind]).join(" "));
    grid.setAttribute("aria-colcount", columns.length);
    active.column = Math.min(active.column, columns.length - 1);
    const row = make("div", "grid-row");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", 1);
    columns.forEach((column, index) => {
      const turned = column.kind === "points" || column.kind === "check";
      const title = make("div", `${column.kind}${turned ? " turned" : ""}`);
      title.setAttribute("role", "columnheader");
      title.setAttribute("aria-colindex", index + 1);
      const button = make("button", "", column.title);
      button.type = "button";
      button.title = column.kind === "check"
        ? `${column.group.name}: ${column.title}\n${data.checks[column.index].claim}` : column.title;
      button.addEventListener("click", () => sortBy(column));
      title.append(button);
      row.append(title);
    });
    head.replaceChildren(row);
  }

  const same = (a, b) => a && b && a.kind === b.kind && a.index === b.index;

  function sortBy(column, down) {
    const again = same(sort.column, column);
    sort.down = down ?? (again ? !sort.down : column.kind !== "name" && column.kind !== "check");
    sort.column = column;
    refresh();
  }

  function kept(row) {
    if (filter.text && !row.id.toLowerCase().includes(filter.text)) return false;
    if (filter.held !== null && !filter.held.students.has(row.index)) return false;
    if (filter.bin && !(row.score !== null && row.score >= filter.bin.low &&
        (row.score < filter.bin.high || filter.bin.last))) return false;
    if (filter.show === "attention") return row.attention;
    if (filter.show === "incomplete") return row.score === null || row.score < row.of - 1e-9;
    if (filter.show === "complete") return row.score !== null && row.score >= row.of - 1e-9;
    return true;
  }

  function refresh() {
    shown = all.filter(kept);
    if (sort.column) {
      const sign = sort.down ? -1 : 1;
      shown = shown.map((row) => [cell(row, sort.column).order, row]);
      const text = new Intl.Collator(undefined, { numeric: true }).compare;
      const order = sort.column.kind === "name" ? text : (a, b) => (a ?? -1) - (b ?? -1);
      shown.sort(([a, one], [b, other]) => order(a, b) * sign || one.index - other.index);
      shown = shown.map(([, row]) => row);
    }
    columns.forEach((column, index) => {
      const title = head.firstChild.children[index];
      if (same(sort.column, column)) title.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else title.removeAttribute("aria-sort");
    });
    active.row = Math.max(0, Math.min(active.row, shown.length - 1));
    grid.setAttribute("aria-rowcount", shown.length + 1);
    body.style.height = `${shown.length * ROW}px`;
    byId("count").textContent = `${shown.length.toLocaleString("en")} of ${all.length.toLocaleString("en")} students`;
    const chip = byId("chip");
    const chosen = [filter.held?.title, filter.bin?.title].filter(Boolean);
    chip.hidden = !chosen.length;
    chip.textContent = `${chosen.join(", ")} ✕`;
    for (const bar of document.querySelectorAll(".bar")) {
      bar.setAttribute("aria-pressed", String(filter.bin?.bar === bar));
    }
    for (const element of drawn.values()) element.remove();
    drawn.clear();
    draw();
    detail();
  }

  function draw() {
    const from = Math.max(0, Math.floor(grid.scrollTop / ROW) - 8);
    const to = Math.min(shown.length, Math.ceil((grid.scrollTop + grid.clientHeight) / ROW) + 8);
    for (const [index, element] of drawn) {
      if (index >= from && index < to) continue;
      element.remove();
      drawn.delete(index);
    }
    for (let index = from; index < to; index++) {
      if (!drawn.has(index)) {
        drawn.set(index, rowElement(shown[index], index));
        body.append(drawn.get(index));
      }
    }
    mark();
  }

  function rowElement(row, index) {
    const element = make("div", "grid-row");
    element.setAttribute("role", "row");
    element.setAttribute("aria-rowindex", index + 2);
    element.style.top = `${index * ROW}px`;
    columns.forEach((column, position) => {
      const { text, state } = cell(row, column);
      const box = make("div", `${column.kind} ${state?.name ?? ""}${column.first ? " first" : ""}`);
      box.setAttribute("role", column.kind === "name" ? "rowheader" : "gridcell");
      box.setAttribute("aria-colindex", position + 1);
      box.id = `c${index}-${position}`;
      if (column.kind === "name") {
        box.append(student(row));
        box.title = row.id;
      } else box.textContent = text;
      if (state) box.setAttribute("aria-label", `${column.title}: ${state.title}`);
      box.addEventListener("mousedown", () => move(index, position, false));
      element.append(box);
    });
    return element;
  }

  function student(row) {
    if (!row.link) return make("bdi", "", row.id);
    const link = make("a");
    link.append(make("bdi", "", row.id));
    outside(link, row.link).tabIndex = -1; // Enter in the grid opens it
    return link;
  }

  const outside = (link, href) => Object.assign(link, { href, target: "_blank", rel: "noopener" });

  function mark() {
    for (const old of body.querySelectorAll(".active")) old.classList.remove("active");
    const now = byId(`c${active.row}-${active.column}`);
    now?.classList.add("active");
    if (now) grid.setAttribute("aria-activedescendant", now.id);
    else grid.removeAttribute("aria-activedescendant");
  }

  function move(row, column, scroll = true) {
    active = {
      row: Math.max(0, Math.min(row, shown.length - 1)),
      column: Math.max(0, Math.min(column, columns.length - 1)),
    };
    if (scroll) {
      const top = active.row * ROW;
      const room = grid.clientHeight - head.offsetHeight;
      if (top < grid.scrollTop) grid.scrollTop = top;
      else if (top + ROW > grid.scrollTop + room) grid.scrollTop = top + ROW - room;
      draw();
      const now = byId(`c${active.row}-${active.column}`);
      const fixed = body.querySelector(".name")?.offsetWidth ?? 0;
      if (now && active.column > 0) {
        const [left, right] = [now.offsetLeft, now.offsetLeft + now.offsetWidth];
        if (left < grid.scrollLeft + fixed) grid.scrollLeft = left - fixed;
        else if (right > grid.scrollLeft + grid.clientWidth) grid.scrollLeft = right - grid.clientWidth;
      }
    }
    mark();
    detail();
  }

  grid.addEventListener("keydown", (event) => {
    if (event.target !== grid || event.altKey) return;
    const page = Math.max(1, Math.floor((grid.clientHeight - head.offsetHeight) / ROW) - 1);
    const { row, column } = active;
    const far = event.ctrlKey || event.metaKey;
    const to = {
      ArrowDown: [row + 1, column], ArrowUp: [row - 1, column],
      ArrowRight: [row, column + 1], ArrowLeft: [row, column - 1],
      PageDown: [row + page, column], PageUp: [row - page, column],
      Home: [far ? 0 : row, 0], End: [far ? Infinity : row, Infinity],
    }[event.key];
    if (to) move(...to);
    else if (event.key === "Enter") (byId("detail").querySelector("a.chosen") ?? body.querySelector(`#c${row}-0 a`))?.click();
    else if (event.key === "s") sortBy(columns[column]);
    else return;
    event.preventDefault();
  });
  grid.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  new ResizeObserver(draw).observe(grid);

  function detail() {
    const panel = byId("detail");
    const row = shown[active.row];
    const column = columns[active.column];
    panel.replaceChildren();
    if (!row) {
      panel.append(make("p", "soft", "No student matches. Clear the filter to see the class."));
      return;
    }
    const title = make("div");
    const name = student(row);
    if (row.link) name.tabIndex = 0;
    title.append(name);
    title.append(make("span", "", row.absent ? " · nothing submitted" : ` · ${number(row.score)} ${data.course ? "% on average" : `of ${number(row.of)} points`}`));
    panel.append(title);
    if (row.book) panel.append(make("p", "", `In the gradebook: ${row.book}`));
    if (data.course) {
      data.groups.forEach((group, index) => {
        const points = row.points[index];
        const line = make("p", column.index === index ? "" : "soft");
        if (row.links[index]) {
          const link = outside(make("a", column.index === index ? "chosen" : "", group.name), row.links[index]);
          line.append(link);
        } else line.append(group.name);
        line.append(points === -1 ? ": not submitted" : points === null ? ": not final" : `: ${number(points)} %`);
        panel.append(line);
      });
      return;
    }
    if (column.kind !== "check") {
      for (const line of row.notes ?? []) panel.append(make("p", "soft", data.texts[line]));
      if (column.kind === "points") panel.append(make("p", "", column.group.name));
      if (!row.link && data.linked) panel.append(make("p", "soft", "No feedback page was found."));
      return;
    }
    const check = data.checks[column.index];
    const state = data.states[row.states[column.index]];
    const line = make("p");
    if (state) line.append(make("span", `sign ${state.name}`, state.sign), ` ${state.title} · `);
    line.append(make("b", "", `${column.group.name}: ${check.name}`), ` ${check.claim}`);
    panel.append(line);
    for (const [index, text, mistake] of row.messages) {
      if (index !== column.index) continue;
      if (text >= 0) panel.append(make("p", "", data.texts[text]));
      if (mistake < 0) continue;
      const known = data.mistakes[mistake];
      panel.append(make("p", "hint", `${known.title}${known.hint ? `: ${known.hint}` : ""}`));
    }
  }

  function toGrid() {
    grid.scrollTop = 0;
    active.row = 0;
    refresh();
    byId("matrix").scrollIntoView({ block: "start" });
    grid.focus({ preventScroll: true });
  }
  byId("filter").addEventListener("input", (event) => {
    filter.text = event.target.value.trim().toLowerCase();
    grid.scrollTop = 0;
    refresh();
  });
  byId("show").addEventListener("change", (event) => {
    filter.show = event.target.value;
    grid.scrollTop = 0;
    refresh();
  });
  byId("wide")?.addEventListener("change", () => { setColumns(); refresh(); });
  byId("chip").addEventListener("click", () => {
    Object.assign(filter, { held: null, bin: null });
    refresh();
  });
  for (const button of document.querySelectorAll("[data-held]")) {
    button.addEventListener("click", () => {
      const held = data.held[Number(button.dataset.held)];
      filter.held = { title: held.title, students: new Set(held.students) };
      toGrid();
      const found = columns.findIndex((c) => c.kind === "check" && c.index === held.check);
      if (found > 0) move(0, found);
    });
  }
  for (const button of document.querySelectorAll("[data-check]")) {
    button.addEventListener("click", () => {
      if (byId("wide")) byId("wide").checked = true;
      setColumns();
      const found = columns.findIndex((c) => c.kind === "check" && c.index === Number(button.dataset.check));
      sortBy(columns[found], false);
      toGrid();
      move(0, found);
    });
  }
  for (const bar of document.querySelectorAll(".bar")) {
    const choose = () => {
      const [low, high] = [Number(bar.dataset.low), Number(bar.dataset.high)];
      const chosen = filter.bin?.bar === bar;
      const last = bar.dataset.last === "yes";
      filter.bin = chosen ? null : { bar, low, high, last, title: bar.dataset.title };
      if (chosen) refresh();
      else toGrid();
    };
    bar.addEventListener("click", choose);
    bar.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose();
    });
  }
  setColumns();
  refresh();
})();
