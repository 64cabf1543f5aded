// The slider chooses a release, for all stages. The cards of all releases are in the page's data,
// compressed; until they are unpacked, those of the last release are shown.
const slider = one("release");
const last = data.releases.length - 1;
let cards = null;
let chosen = last;

async function unpack() {
  const bytes = Uint8Array.from(atob(data.cards), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  cards = JSON.parse(await new Response(stream).text());
  root.dataset.ready = "true";
  fill(here);
}

// The card of a stage is put into the page when the stage is shown, or the page is printed.
function fill(stage) {
  if (!cards || !stages.includes(stage)) return;
  const place = stage.querySelector(".card");
  if (Number(place.dataset.release ?? last) === chosen) return;
  place.dataset.release = String(chosen);
  place.innerHTML = cards[stages.indexOf(stage)][chosen];
  translate(place, root.lang);
  walkable(place);
  scrollable();
}
addEventListener("beforeprint", () => stages.forEach(fill));

function choose(release) {
  chosen = release;
  slider.value = String(release);
  const name = data.names[release];
  slider.setAttribute("aria-valuetext", name);
  one("release-name").textContent = name;
  for (const place of all(".of-release")) place.textContent = name;
  for (const link of all("[data-go]")) {
    const mine = link.dataset.go === data.releases[release];
    link.classList.toggle("chosen", mine);
    if (mine && link.closest(".row")) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  }
  for (const link of all("#stages a")) link.dataset.verdict = data.verdicts[link.hash.slice(1)]?.[release] ?? "";
  fill(here);
}

slider.addEventListener("input", () => choose(Number(slider.value)));
slider.addEventListener("change", () => go({ go: data.releases[slider.value] }));

showers.push((now) => {
  const named = data.releases.indexOf(now.get("go"));
  choose(named < 0 ? last : named);
  tellMissing("go", named < 0 && now.get("go"), data.releases[chosen]);
});

const keys = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1),
  Home: () => visit(views[0]), End: () => visit(stages.at(-1)),
};
addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input")) return;
  const wide = event.target.closest(".scroll[tabindex]");
  if (keys[event.key] && !wide) { event.preventDefault(); keys[event.key](); }
});
one("back").addEventListener("click", () => step(-1));
one("on").addEventListener("click", () => step(1));

if ("DecompressionStream" in window) unpack();
else { slider.disabled = true; one("unable").hidden = false; }
