const data = JSON.parse(one("data").textContent);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// The stages, one at a time.
const views = all(".view");
const stages = all(".stage");
let here = null;

// The marks that point into the stacks, and their places in the picture.
function marks(view) {
  const walk = view && view.querySelector(".walk");
  const at = walk && walk.getBoundingClientRect();
  return new Map(walk ? all("[data-mark]", walk).map((mark) => {
    const place = mark.getBoundingClientRect();
    return [mark.dataset.mark, { mark, x: place.left - at.left, y: place.top - at.top, wide: place.width }];
  }) : []);
}

// Registers glide from where they pointed at the last stage to where they point now.
function glide(from, view) {
  for (const [name, now] of marks(view)) {
    const old = from.get(name);
    if (!old || calm.matches) continue;
    const scale = now.wide / now.mark.getBBox().width || 1;
    const [dx, dy] = [(old.x - now.x) / scale, (old.y - now.y) / scale];
    if (Math.hypot(dx, dy) < 1) continue;
    now.mark.animate([{ transform: `translate(${dx}px, ${dy}px)` }, { transform: "none" }], { duration: 700, easing: "cubic-bezier(.3, 0, .2, 1)" });
  }
}

function show(view, focus) {
  if (view === here) return;
  const before = marks(here);
  const place = here && here.querySelector(".columns");
  const top = place ? place.getBoundingClientRect().top : 0;
  for (const other of views) other.hidden = other !== view;
  here = view;
  for (const link of all("#stages a")) {
    const mine = link.hash === "#" + view.id;
    if (mine) link.setAttribute("aria-current", "step"); else link.removeAttribute("aria-current");
    const at = stages.findIndex((stage) => "#" + stage.id === link.hash);
    link.parentElement.classList.toggle("passed", at >= 0 && at < stages.indexOf(view));
    if (mine) reveal(link);
  }
  const at = stages.indexOf(view);
  for (const [id, end] of [["back", 0], ["on", stages.length - 1]]) one(id).setAttribute("aria-disabled", String(at === end));
  history.replaceState(null, "", "#" + view.id);
  const title = view.querySelector("h2");
  const lang = [...title.querySelectorAll("[lang]")].find((span) => span.lang === root.dataset.lang) || title;
  one("announcement").textContent = (at >= 0 ? `${at + 1}/${stages.length}: ` : "") + lang.textContent;
  const now = view.querySelector(".columns");
  // Keep the pictures where they are on screen: the text above them differs in length.
  if (place && now && top < 0) scrollBy(0, now.getBoundingClientRect().top - top);
  if (focus) { one("main").focus({ preventScroll: true }); scrollTo(0, 0); }
  scrollable();
  glide(before, view);
}

function reveal(link) {
  const list = one("stages");
  const [outer, inner] = [list.getBoundingClientRect(), link.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) list.scrollTop += inner.top - outer.top - outer.height / 3;
  if (inner.left < outer.left || inner.right > outer.right) list.scrollLeft += inner.left - outer.left - outer.width / 3;
}

function step(by) {
  const at = stages.indexOf(here);
  if (at < 0) return show(by > 0 ? stages[0] : stages[stages.length - 1]);
  const next = stages[at + by];
  if (next) show(next);
  return undefined;
}

const named = () => views.find((view) => "#" + view.id === location.hash);
addEventListener("hashchange", () => named() && show(named()));
one("stages").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  play(false);
  show(one(link.hash.slice(1)));
});
one("back").addEventListener("click", () => { play(false); step(-1); });
one("on").addEventListener("click", () => { play(false); step(1); });

// Play: five seconds a stage, to the last one.
let timer = 0;
function play(going) {
  clearInterval(timer);
  timer = going ? setInterval(() => {
    step(1);
    if (here === stages[stages.length - 1]) play(false);
  }, 5000) : 0;
  one("play").setAttribute("aria-pressed", String(going));
}
function toggle() {
  if (!timer && stages.indexOf(here) === stages.length - 1) show(stages[0]);
  play(!timer);
}
one("play").addEventListener("click", toggle);

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("select, input, textarea")) return;
  const wide = event.target.closest(".scroll[tabindex]");
  const keys = {
    ArrowRight: () => step(1), ArrowLeft: () => step(-1),
    Home: () => show(stages[0]), End: () => show(stages[stages.length - 1]),
  };
  if (event.key === "p") toggle();
  else if (keys[event.key] && !wide) { event.preventDefault(); play(false); keys[event.key](); }
});

// Two stages compared: the facts of a stage are all changes up to it, applied in order.
function facts(number) {
  const values = new Map();
  for (const changed of data.facts.slice(0, number + 1)) {
    for (const [name, fact] of Object.entries(changed)) {
      if (fact === null) values.delete(name);
      else values.set(name, typeof fact === "string" ? { key: fact, text: fact } : { key: fact[0], text: fact[1] });
    }
  }
  return values;
}
function compare() {
  const [from, to] = [facts(Number(one("from").value)), facts(Number(one("to").value))];
  const differ = data.names.filter((name) => from.get(name)?.key !== to.get(name)?.key);
  one("differences").tBodies[0].replaceChildren(...differ.map((name) => {
    const row = document.createElement("tr");
    const head = row.appendChild(document.createElement("th"));
    head.scope = "row";
    head.textContent = name;
    for (const [fact, element] of [[from.get(name), "span"], [to.get(name), "mark"]]) {
      const cell = row.appendChild(document.createElement("td"));
      cell.className = "right";
      cell.appendChild(document.createElement(fact ? element : "span")).textContent = fact ? fact.text : "-";
    }
    return row;
  }));
  one("count").textContent = String(differ.length);
}
for (const id of ["from", "to"]) one(id).addEventListener("change", compare);
compare();
show(named() || stages[0]);
