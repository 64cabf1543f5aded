"use strict";
const root = document.documentElement;
root.classList.add("js");
const all = (what, within = document) => [...within.querySelectorAll(what)];
const one = (id) => document.getElementById(id);

// What was chosen is remembered where the browser lets us.
const kept = (name) => { try { return localStorage.getItem("gogdb-" + name); } catch { return null; } };
const keep = (name, value) => { try { localStorage.setItem("gogdb-" + name, value); } catch { /* as well */ } };

// Language: CSS hides the others; where no element may stand, the words are changed here.
const places = ["", "aria-label", "title"];
const attribute = (lang, place) => "data-" + lang + (place && "-" + place);
const foreign = places.map((place) => [place, all("[" + attribute("zh", place) + "]")]);
for (const [place, elements] of foreign) {
  for (const element of elements) {
    element.setAttribute(attribute("en", place), place ? element.getAttribute(place) : element.textContent);
  }
}
function speak(lang) {
  root.lang = root.dataset.lang = lang;
  for (const [place, elements] of foreign) {
    for (const element of elements) {
      const said = element.getAttribute(attribute(lang, place));
      if (place) element.setAttribute(place, said); else element.textContent = said;
    }
  }
  for (const button of all("[data-set-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setLang === lang));
  }
  scrollable();
}

// Dark or light: as the system has it, until somebody chooses.
const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
if (kept("theme")) root.dataset.theme = kept("theme");
one("theme").addEventListener("click", () => {
  root.dataset.theme = dark() ? "light" : "dark";
  keep("theme", root.dataset.theme);
});

// What is wider than its place can be scrolled by keyboard too.
function scrollable() {
  for (const place of all(".scroll")) {
    const wide = place.scrollWidth > place.clientWidth + 1;
    if (wide) place.setAttribute("tabindex", "0"); else place.removeAttribute("tabindex");
  }
}
addEventListener("resize", scrollable);

for (const button of all("[data-set-lang]")) {
  button.addEventListener("click", () => { speak(button.dataset.setLang); keep("lang", button.dataset.setLang); });
}
const languages = all("[data-set-lang]").map((button) => button.dataset.setLang);
const wanted = kept("lang") || navigator.language.slice(0, 2);
speak(languages.includes(wanted) ? wanted : root.dataset.lang);
