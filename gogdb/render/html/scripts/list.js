// The list of stages: Tab stops at the stage that is shown and at what is not a stage, the arrows
// lead from entry to entry. Where it opens over the page, it closes when something was chosen.
const list = one("stages");
const fold = (is) => list.classList.toggle("closed", is);
list.addEventListener("click", (event) => { if (event.target.closest("a")) fold(true); });
list.addEventListener("pointerleave", () => fold(false));
list.addEventListener("focusin", () => fold(false));
list.addEventListener("keydown", (event) => {
  const links = all("a", list).filter((link) => link.getClientRects().length);
  const next = links[links.indexOf(event.target) + { ArrowDown: 1, ArrowUp: -1 }[event.key]];
  if (!next) return;
  event.preventDefault();
  fold(false);
  next.focus();
});

// A key leads to the entry that names it.
addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("select, input, textarea")) return;
  const link = all("a[aria-keyshortcuts]", list).find((each) => each.getAttribute("aria-keyshortcuts") === event.key);
  if (link?.getClientRects().length) visit(one(link.hash.slice(1)));
});
