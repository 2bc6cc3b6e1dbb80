// SPDX-License-Identifier: Apache-2.0
// Zoom, search, details and keys of a flame graph. What it works on is in the
// document: per frame a <g data-x data-w> (in counts) with <title>, <rect> and,
// where it fits, <text>; a parent stands before its children.
"use strict";
(() => {
  const svg = document.currentScript.ownerSVGElement;
  const byID = (id) => svg.querySelector("#" + id);
  const graph = byID("frames");
  if (!graph) return;
  const { left, width, kind, icicle } = graph.dataset;
  const [details, matched, zoomButton, searchButton, caseButton, box] =
    ["details", "matched", "reset", "search", "case", "box"].map(byID);

  // A title is "NAME (COUNT …)"; what is counted may have such brackets in its
  // name, and a frame may.
  const tail = graph.dataset.count.split(" (").length;

  const frames = Array.from(graph.children, (g) => {
    const [title, rect, text] = g.children;
    const info = title.textContent;
    const x = Number(g.dataset.x), w = Number(g.dataset.w);
    const name = info.split(" (").slice(0, -tail).join(" (");
    return { g, rect, text, info, name, x, w, end: x + w, parent: null };
  });
  const open = [];
  for (const frame of frames) {
    while (open.length > 0 && open.at(-1).end <= frame.x) open.pop();
    frame.parent = open.at(-1) ?? null;
    open.push(frame);
  }
  const root = frames[0];
  const byElement = new Map(frames.map((frame) => [frame.g, frame]));
  const frameOf = (event) => byElement.get(event.target.closest?.("#frames>g"));

  // What is shown: the frame that has the full width, and what is looked for.
  let view = root, term = "", ignoresCase = false;

  // The width of one character; the font has the same for all, but for those
  // outside ASCII, which are measured one by one.
  const advance = (() => {
    const probe = add("text", graph);
    probe.textContent = "0".repeat(100);
    const measured = probe.getComputedTextLength() / 100;
    probe.remove();
    return measured || 7.3;
  })();

  function add(tag, parent) {
    return parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", tag));
  }

  function label(frame, x, pixels) {
    let letters = Array.from(frame.name.replace(/_\[[kwij]\]$/, ""));
    const room = pixels - 6;
    let fitting = Math.floor(room / advance);
    if (fitting < 3 && !frame.text) return;
    const text = (frame.text ??= add("text", frame.g));
    const put = () => {
      const cut = fitting < letters.length;
      text.textContent = fitting < 3 ? "" : cut ? letters.slice(0, fitting - 1).join("") + "…" : letters.join("");
    };
    put();
    if (/[^ -~]/.test(frame.name)) {
      fitting = Math.min(fitting, letters.length);
      while (fitting >= 3 && text.getComputedTextLength() > room) { fitting--; put(); }
    }
    text.setAttribute("x", (x + 3).toFixed(1));
    text.setAttribute("y", Number(frame.rect.getAttribute("y")) + Number(graph.dataset.baseline));
  }

  function place(frame, x, pixels, isAbove) {
    frame.g.classList.toggle("above", isAbove);
    frame.g.classList.remove("gone");
    frame.rect.setAttribute("x", x.toFixed(2));
    frame.rect.setAttribute("width", pixels.toFixed(2));
    label(frame, x, pixels);
  }

  // Gives `view` the full width, its callers too, and hides what is beside it.
  function layOut() {
    const above = new Set();
    for (let at = view.parent; at; at = at.parent) above.add(at);
    const scale = Number(width) / view.w, begin = Number(left);
    let isBelow = false;
    for (const frame of frames) {
      if (frame === view) isBelow = true;
      else if (isBelow && frame.x >= view.end) isBelow = false;
      if (above.has(frame)) place(frame, begin, Number(width), true);
      else if (isBelow) place(frame, begin + (frame.x - view.x) * scale, frame.w * scale, false);
      else frame.g.classList.add("gone");
    }
    zoomButton.classList.toggle("gone", view === root);
  }

  function percent(part, whole) {
    return (100 * part / whole).toFixed(2) + "%";
  }

  // Marks the frames whose name matches, and says what share of the view they
  // have; what stands on a match is part of it and counts once.
  function find() {
    let pattern = null, problem = "";
    try {
      if (term) pattern = new RegExp(term, ignoresCase ? "i" : "");
    } catch (error) {
      problem = "not a regular expression";
    }
    let sum = 0, covered = view.x;
    for (const frame of frames) {
      const hit = pattern !== null && pattern.test(frame.name);
      frame.g.classList.toggle("hit", hit);
      const part = Math.min(frame.end, view.end) - Math.max(frame.x, covered);
      if (!hit || part <= 0) continue;
      sum += part;
      covered = Math.min(frame.end, view.end);
    }
    matched.textContent = problem || (pattern ? "Matched: " + percent(sum, view.w) : "");
    searchButton.textContent = term ? "Reset search" : "Search";
    caseButton.classList.toggle("on", ignoresCase);
    caseButton.setAttribute("aria-pressed", ignoresCase);
  }

  function tell(frame) {
    if (!frame) details.textContent = "";
    else details.textContent = kind + " " + frame.info +
      (view !== root && frame !== view && frame.w <= view.w ? ", " + percent(frame.w, view.w) + " of what is shown" : "");
  }

  // The address names the zoomed frame by its callers, so that it leads to the
  // same place in another picture of the same program.
  function path(frame) {
    const names = [];
    for (let at = frame; at.parent; at = at.parent) names.unshift(at.name);
    return names.join(";");
  }

  function follow(names) {
    let at = root;
    for (const name of names) {
      const next = frames.find((frame) => frame.parent === at && frame.name === name);
      if (!next) break;
      at = next;
    }
    return at;
  }

  function remember(isStep) {
    const state = new URLSearchParams();
    if (view !== root) state.set("zoom", path(view));
    if (term) state.set("search", term);
    if (ignoresCase) state.set("case", "ignore");
    const address = "#" + state;
    if (address === (location.hash || "#")) return;
    try {
      history[isStep ? "pushState" : "replaceState"](null, "", address);
    } catch (error) {
      // A document without an address of its own keeps no state.
    }
  }

  function restore() {
    const state = new URLSearchParams(location.hash.slice(1) || location.search);
    view = state.has("zoom") ? follow(state.get("zoom").split(";")) : root;
    term = state.get("search") ?? "";
    ignoresCase = state.get("case") === "ignore";
    layOut();
    find();
    tell(view === root ? null : view);
  }

  function zoom(frame) {
    view = frame;
    layOut();
    find();
    tell(frame === root ? null : frame);
    remember(true);
  }

  function search(text) {
    term = text;
    find();
    remember(false);
  }

  function toggleCase() {
    ignoresCase = !ignoresCase;
    search(term);
  }

  // A field of HTML in the picture; made when it is first asked for.
  const field = document.createElementNS("http://www.w3.org/1999/xhtml", "input");
  field.setAttribute("placeholder", "regular expression");
  field.setAttribute("aria-label", "Search by regular expression");
  field.addEventListener("input", () => search(field.value));
  field.addEventListener("blur", () => box.classList.add("gone"));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") search("");
    if (event.key !== "Escape" && event.key !== "Enter") return;
    event.stopPropagation();
    field.blur();
  });
  box.appendChild(field);

  function askForTerm() {
    box.classList.remove("gone");
    field.value = term;
    field.focus();
    field.select();
  }

  const searchOrReset = () => term ? search("") : askForTerm();
  const actions = [[zoomButton, () => zoom(root)], [searchButton, searchOrReset], [caseButton, toggleCase]];
  for (const [button, act] of actions) {
    button.setAttribute("tabindex", "0");
    button.addEventListener("click", act);
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act();
    });
  }

  function step(frame, direction) {
    const isShown = (other) => other && !other.g.classList.contains("gone");
    if (direction === "parent") return frame.parent;
    if (direction === "child") {
      const children = frames.filter((other) => other.parent === frame && isShown(other));
      return children.sort((a, b) => b.w - a.w)[0];
    }
    const beside = frames.filter((other) => other.parent === frame.parent && isShown(other));
    return beside[beside.indexOf(frame) + (direction === "next" ? 1 : -1)];
  }

  const arrows = {
    ArrowUp: icicle ? "parent" : "child", ArrowDown: icicle ? "child" : "parent",
    ArrowLeft: "previous", ArrowRight: "next",
  };

  graph.addEventListener("keydown", (event) => {
    const frame = frameOf(event);
    if (!frame || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") zoom(frame);
    else if (arrows[event.key]) step(frame, arrows[event.key])?.g.focus();
    else return;
    event.preventDefault();
  });
  for (const frame of frames) frame.g.setAttribute("tabindex", "0");

  graph.addEventListener("click", (event) => {
    const frame = frameOf(event);
    if (frame) zoom(frame);
  });
  // Of the window: what listens for the focus itself can be reached with Tab.
  for (const type of ["mouseover", "focusin"]) window.addEventListener(type, (event) => {
    const frame = frameOf(event);
    if (frame) tell(frame);
  });
  for (const type of ["mouseout", "focusout"]) window.addEventListener(type, () => tell(null));

  window.addEventListener("keydown", (event) => {
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    const key = event.key.toLowerCase();
    const isTyping = event.target === field;
    // In the field the browser's own search is the second press away.
    if (!isTyping && (event.key === "/" && !event.ctrlKey || isCommand && key === "f")) askForTerm();
    else if (isCommand && key === "i") toggleCase();
    else if (event.key === "Escape" && view !== root) zoom(root);
    else if (event.key === "Escape" && term) search("");
    else return;
    event.preventDefault();
  });
  window.addEventListener("hashchange", restore);
  restore();
})();
