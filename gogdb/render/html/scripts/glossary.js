// A term is explained where the pointer or the focus is on it; Escape hides the explanation.
const tip = one("tip");
let explained = null;

function explain(term) {
  if (explained) explained.removeAttribute("aria-describedby");
  explained = term;
  tip.hidden = !term;
  if (!term) return;
  const entry = one(term.hash.slice(1)).parentElement;
  tip.replaceChildren(...[...entry.children].map((child) => {
    const part = document.createElement(child.tagName === "DT" ? "strong" : "span");
    part.append(...[...child.childNodes].map((node) => node.cloneNode(true)));
    return part;
  }));
  term.setAttribute("aria-describedby", "tip");
  const [at, size] = [term.getBoundingClientRect(), tip.getBoundingClientRect()];
  const below = at.bottom + 6 + size.height < innerHeight;
  tip.style.left = Math.max(8, Math.min(at.left, innerWidth - size.width - 8)) + "px";
  tip.style.top = (below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)) + "px";
}

const term = (event) => event.target.closest?.(".term");
addEventListener("pointerover", (event) => {
  if (term(event)) explain(term(event));
  else if (explained && !event.target.closest?.("#tip") && document.activeElement !== explained) explain(null);
});
addEventListener("focusin", (event) => explain(term(event) || null));
addEventListener("keydown", (event) => { if (event.key === "Escape") explain(null); });
addEventListener("scroll", () => explain(null), { passive: true });
// A finger has no other way to point: its first tap explains.
addEventListener("click", (event) => {
  if (term(event) && event.pointerType === "touch") { event.preventDefault(); event.stopPropagation(); explain(term(event)); }
}, { capture: true });
showers.push(() => explain(null));
