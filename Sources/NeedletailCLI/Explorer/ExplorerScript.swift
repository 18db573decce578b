/// The script of the page. It inserts data as text nodes only, never as HTML.
enum ExplorerScript {
  static let text = #"""
    "use strict";
    const byID = (id) => document.getElementById(id);
    const parsed = (id) => { const element = byID(id); return element ? JSON.parse(element.textContent) : null; };
    const page = parsed("index");
    const element = (tag, className, text) => {
      const node = document.createElement(tag);
      if (className) node.className = className;
      if (text !== undefined) node.textContent = text;
      return node;
    };
    const hex = (number, digits = 1) => number.toString(16).padStart(digits, "0");
    const size = (count) => count < 10000 ? count + " B" : count < 1e7 ? Math.round(count / 1024) + " KB" : Math.round(count / 1048576) + " MB";

    // Tokens of each language by kind. The first matching group counts.
    const grammars = {
      text: [
        ["c", /;;.*|\(;.*?;\)/y], ["s", /"(?:[^"\\]|\\.)*"/y], ["i", /\$(?:"(?:[^"\\]|\\.)*"|[^\s()"]+)/y],
        ["n", /[-+]?(?:0x[\da-f_.]+(?:p[-+]?\d+)?|\d[\d_.]*(?:e[-+]?\d+)?|inf|nan)\b/iy], ["k", /[a-z][\w.]*=?/y],
      ],
      graph: [
        ["e", /!trap\([^)]*\)/y], ["c", /![\w]+(?:\([^)]*\))?/y], ["m", /block\d+/y], ["r", /v\d+\b/y], ["i", /f\d+(?= t\d+ )|t\d+(?= \()/y],
        ["n", /-?(?:0x[\da-f]+|\d+)\b/y], ["k", /[a-z][\w.]*/y],
      ],
      code: [
        ["m", /[LCT]\d+:?/y], ["i", /func \d+(?: <.*>)?/y], ["e", /trap: \w+/y], ["c", /; /y],
        ["r", /(?:[re]?[abcd]x|[re]?[sd]il?|[re]?[sb]pl?|[abcd]l|r\d+[bwd]?|xmm\d+|rip)\b/y],
        ["n", /-?(?:0x[\da-f]+|\d+)\b/y], ["c", /(?:byte|word|dword|qword|xmmword) ptr/y], ["k", /[.a-z][\w]*/y],
      ],
    };
    function appendWords(node, text, grammar) {
      let plain = "";
      const flush = () => { if (plain) node.append(plain); plain = ""; };
      let at = 0;
      outer: while (at < text.length) {
        const inWord = at > 0 && /[\w.$]/.test(text[at - 1]);
        if (!inWord || !/\w/.test(text[at])) for (const [kind, pattern] of grammar) {
          pattern.lastIndex = at;
          const match = pattern.exec(text);
          if (!match || !match[0]) continue;
          flush();
          node.append(word(kind, match[0]));
          at += match[0].length;
          continue outer;
        }
        plain += text[at++];
      }
      flush();
    }
    // Function names are links.
    function word(kind, text) {
      const call = kind === "i" && /^(?:func |f)(\d+)/.exec(text);
      if (!call || !positions.has(Number(call[1]))) return element("span", kind, text);
      const link = element("a", kind, text);
      link.href = "#" + call[1];
      return link;
    }

    // Columns. Only visible lines are in the document.
    const rowHeight = 18, chunkLength = 200;
    class Pane {
      constructor(id, grammar) {
        this.id = id;
        this.grammar = grammars[grammar];
        this.body = byID(id).querySelector(".code");
        this.note = byID(id).querySelector("small");
        this.lines = [];
        this.places = new Map();
        this.observer = new IntersectionObserver((entries) => {
          for (const entry of entries) if (entry.isIntersecting) this.fill(entry.target);
        }, { root: this.body, rootMargin: "600px" });
      }
      // Lines: { source, gutter, bytes, text }.
      show(lines, note) {
        this.observer.disconnect();
        this.lines = lines;
        this.note.textContent = note;
        this.places = new Map();
        lines.forEach((line, index) => {
          if (line.source < 0) return;
          const known = this.places.get(line.source);
          if (known) known.push(index); else this.places.set(line.source, [index]);
        });
        this.chunks = [];
        this.body.replaceChildren();
        this.body.scrollTop = 0;
        for (let start = 0; start < lines.length; start += chunkLength) {
          const chunk = element("div", "chunk");
          chunk.style.height = Math.min(chunkLength, lines.length - start) * rowHeight + "px";
          chunk.dataset.start = start;
          this.chunks.push(chunk);
          this.body.append(chunk);
          this.observer.observe(chunk);
        }
      }
      message(text) {
        this.show([], "");
        this.body.append(element("div", "message", text));
      }
      fill(chunk) {
        if (chunk.firstChild) return;
        const start = Number(chunk.dataset.start);
        for (let index = start; index < Math.min(start + chunkLength, this.lines.length); index++) {
          chunk.append(this.row(this.lines[index], index));
        }
      }
      row(line, index) {
        const row = element("div", "l");
        row.dataset.index = index;
        row.append(element("span", "g", line.gutter));
        if (line.bytes !== undefined) row.append(element("span", "b", line.bytes));
        const text = element("span", "t");
        appendWords(text, line.text, this.grammar);
        row.append(text);
        if (line.source >= 0) {
          if (isLinked(line.source)) {
            row.classList.add("linked");
            row.style.setProperty("--band", band(line.source));
          } else row.classList.add("none");
        }
        row.classList.toggle("hover", line.source >= 0 && line.source === hovered);
        row.classList.toggle("pin", line.source >= 0 && line.source === pinned);
        return row;
      }
      mark(source, className, isOn) {
        for (const index of this.places.get(source) ?? []) {
          const chunk = this.chunks[Math.floor(index / chunkLength)];
          chunk.children[index % chunkLength]?.classList.toggle(className, isOn);
        }
      }
      reveal(source) {
        const first = (this.places.get(source) ?? [])[0];
        if (first === undefined) return;
        const top = first * rowHeight;
        if (top < this.body.scrollTop || top > this.body.scrollTop + this.body.clientHeight - rowHeight) {
          this.body.scrollTop = Math.max(0, top - this.body.clientHeight / 3);
        }
      }
    }

    // Lines with one offset in the binary have one colour in all columns.
    let hovered = -1, pinned = -1, order = new Map();
    const isLinked = (source) => order.has(source);
    const band = (source) => `hsl(${(order.get(source) * 137.508) % 360} 65% 55%)`;
    const panes = [new Pane("text", "text"), new Pane("graph", "graph"), new Pane("code", "code")];
    function set(source, className, previous) {
      if (source === previous) return source;
      for (const pane of panes) {
        if (previous >= 0) pane.mark(previous, className, false);
        if (source >= 0) pane.mark(source, className, true);
      }
      return source;
    }
    for (const pane of panes) {
      const source = (event) => {
        const row = event.target.closest(".l");
        return row ? pane.lines[row.dataset.index].source : -1;
      };
      pane.body.addEventListener("mouseover", (event) => { hovered = set(source(event), "hover", hovered); });
      pane.body.addEventListener("mouseleave", () => { hovered = set(-1, "hover", hovered); });
      pane.body.addEventListener("click", (event) => {
        if (event.target.closest("a")) return;
        const place = source(event);
        pinned = set(place === pinned ? -1 : place, "pin", pinned);
        for (const other of panes) if (other !== pane && pinned >= 0) other.reveal(pinned);
      });
    }
    addEventListener("keydown", (event) => { if (event.key === "Escape") pinned = set(-1, "pin", pinned); });

    // One function. Its data is parsed when it is selected.
    const positions = new Map(page.functions.map((entry, position) => [entry.index, position]));
    let current = null;
    function show(index) {
      const entry = page.functions[positions.get(index)];
      if (!entry) return;
      current = index;
      hovered = pinned = -1;
      document.title = entry.name + " – " + page.module;
      byID("chosen").textContent = entry.name.startsWith("func[") ? entry.name : `func ${entry.index} ${entry.name}`;
      reveal(shown.findIndex((entry) => entry.index === index));
      drawList();
      const data = parsed("f" + index);
      order = new Map();
      if (!data) {
        for (const pane of panes) pane.message(
          `Left out, since the page has its limit (${size(page.limit)}).\n\nneedletail explore --function ${entry.index} shows it.`);
        return;
      }
      const inCode = new Set([...(data.graph ?? []), ...(data.code ?? [])].map((line) => line[0]));
      let number = 0;
      for (const [source] of data.text) if (source >= 0 && inCode.has(source) && !order.has(source)) order.set(source, number++);
      panes[0].show(
        data.text.map(([source, text]) => ({ source, gutter: source < 0 ? "" : hex(source), text })),
        `${size(entry.wasm)} in the binary`);
      if (data.interpreted !== undefined) {
        panes[1].message("This function is interpreted:\n\n" + data.interpreted);
        panes[2].message("");
        return;
      }
      panes[1].show(data.graph.map(([source, text]) => ({ source, gutter: "", text })), `${data.graph.length} lines`);
      const lines = [];
      let offset = 0;
      for (const [source, start, count, text, notes, label] of data.code) {
        if (label) lines.push({ source: -1, gutter: "", bytes: "", text: label + ":" });
        const bytes = data.bytes.slice(2 * start, 2 * (start + count)).replace(/../g, "$& ");
        lines.push({ source, gutter: hex(start, 4), bytes, text: "  " + text + (notes ? "  ; " + notes : "") });
      }
      panes[2].show(lines, `${size(entry.code)}, frame of ${data.frame} B`);
    }

    // The list of functions. Only visible entries are in the document.
    const list = byID("list"), itemHeight = 26;
    let shown = [];
    const orders = {
      index: (a, b) => a.index - b.index, name: (a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.index - b.index,
      wasm: (a, b) => b.wasm - a.wasm, code: (a, b) => b.code - a.code,
    };
    function filterList() {
      const wanted = byID("search").value.toLowerCase();
      shown = page.functions.filter((entry) => entry.name.toLowerCase().includes(wanted) || String(entry.index) === wanted);
      shown.sort(orders[byID("order").value]);
      list.scrollTop = 0;
      drawList();
    }
    function reveal(position) {
      const top = position * itemHeight;
      if (position >= 0 && (top < list.scrollTop || top + itemHeight > list.scrollTop + list.clientHeight)) {
        list.scrollTop = Math.max(0, top - list.clientHeight / 3);
      }
    }
    function drawList() {
      const measure = byID("order").value === "wasm" ? "wasm" : "code";
      const first = Math.max(0, Math.floor(list.scrollTop / itemHeight) - 10);
      const last = Math.min(shown.length, first + Math.ceil(list.clientHeight / itemHeight) + 20);
      const filler = element("div");
      filler.style.height = shown.length * itemHeight + "px";
      const items = shown.slice(first, last).map((entry, offset) => {
        const item = element("div", "f");
        item.style.top = (first + offset) * itemHeight + "px";
        item.dataset.index = entry.index;
        item.title = entry.name;
        if (entry.index === current) item.classList.add("current");
        if (!byID("f" + entry.index)) item.classList.add("absent");
        item.append(element("span", "x", entry.index), element("span", "n", entry.name), element("span", "z", size(entry[measure])));
        return item;
      });
      list.replaceChildren(filler, ...items);
    }
    list.addEventListener("scroll", drawList);
    addEventListener("resize", drawList);
    list.addEventListener("click", (event) => {
      const item = event.target.closest(".f");
      if (item) location.hash = item.dataset.index;
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const at = shown.findIndex((entry) => entry.index === current) + step;
      if (!shown[at]) return;
      location.hash = shown[at].index;
    });
    byID("search").addEventListener("input", filterList);
    byID("order").addEventListener("change", filterList);

    // Buttons, and the borders between columns.
    for (const button of document.querySelectorAll("button[data-pane]")) {
      button.addEventListener("click", () => {
        const isShown = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", isShown);
        const pane = byID(button.dataset.pane);
        pane.classList.toggle("hidden", !isShown);
        pane.previousElementSibling.classList.toggle("hidden", !isShown);
      });
    }
    byID("bytes").addEventListener("click", (event) => {
      event.target.setAttribute("aria-pressed", document.body.classList.toggle("bytes"));
    });
    byID("scheme").addEventListener("click", () => {
      const style = document.documentElement.style;
      const isDark = (style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
      style.colorScheme = isDark ? "light" : "dark";
    });
    for (const split of document.querySelectorAll(".split")) {
      split.addEventListener("pointerdown", (down) => {
        const left = split.previousElementSibling;
        const start = left.getBoundingClientRect().width;
        split.setPointerCapture(down.pointerId);
        const move = (event) => { left.style.flex = `0 0 ${Math.max(60, start + event.clientX - down.clientX)}px`; left.style.width = "auto"; };
        split.addEventListener("pointermove", move);
        split.addEventListener("pointerup", () => split.removeEventListener("pointermove", move), { once: true });
      });
    }

    byID("module").textContent = page.module;
    for (const text of page.facts) byID("facts").append(element("span", "chip", text));
    addEventListener("hashchange", () => show(Number(location.hash.slice(1))));
    filterList();
    const wanted = Number(location.hash.slice(1));
    const start = location.hash && positions.has(wanted) ? wanted : page.functions.find((entry) => byID("f" + entry.index))?.index;
    if (start === undefined) panes[0].message("The module defines no function.");
    else show(start);
    """#
}
