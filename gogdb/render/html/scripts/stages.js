// The views, one at a time: the stages of the walk, and what is before and after them.
let views = [];
let stages = [];
let here = null;
preparers.push(() => { views = all(".view"); stages = all(".stage"); });

// What is shown to a reader who has chosen nothing, and the last view that a step leads to.
let firstView = () => views[0];
let lastView = () => stages.at(-1);

function show(view) {
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
  const at = views.indexOf(view);
  one("back").setAttribute("aria-disabled", String(at === 0));
  one("on").setAttribute("aria-disabled", String(at >= views.indexOf(lastView())));
  announce(view);
  const now = view.querySelector(".columns");
  // Keep the pictures where they are on screen: the text above them differs in length.
  if (place && now && top < 0) scrollBy(0, now.getBoundingClientRect().top - top);
  scrollable();
  glide(before, view);
}

function announce(view) {
  const title = view.querySelector("h2");
  const lang = all("[lang]", title).find((span) => span.lang === root.dataset.lang) || title;
  const count = view.querySelector(".count")?.textContent;
  one("announcement").textContent = (count ? `${count}: ` : "") + lang.textContent;
}

function reveal(link) {
  const list = one("stages");
  const [outer, inner] = [list.getBoundingClientRect(), link.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) list.scrollTop += inner.top - outer.top - outer.height / 3;
  if (inner.left < outer.left || inner.right > outer.right) list.scrollLeft += inner.left - outer.left - outer.width / 3;
}

const visit = (view, replace) => go({ stage: view.id, diff: "" }, replace);

// From the opening panel to the last stage; from the views behind it, back to it.
function step(by, replace = false) {
  const end = views.indexOf(lastView());
  const at = Math.min(views.indexOf(here), end + 1);
  const next = views[at + by];
  if (next && at + by <= end) visit(next, replace);
}

showers.push((now) => {
  const named = views.find((view) => view.id === now.get("stage"));
  const compared = now.get("diff") && one("diff");
  show(compared || named || firstView());
  tellMissing("stage", named || compared ? "" : now.get("stage"), here.id);
  for (const link of all("#stages a")) {
    link.tabIndex = link.hasAttribute("aria-current") || link.closest(".extra") ? 0 : -1;
  }
});
