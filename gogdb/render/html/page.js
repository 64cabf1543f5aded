"use strict";
const root = document.documentElement;
root.classList.add("js");
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (id) => document.getElementById(id);

// Choices are remembered if the browser allows it.
const load = (name) => { try { return localStorage.getItem("gogdb-" + name); } catch { return null; } };
const store = (name, value) => { try { localStorage.setItem("gogdb-" + name, value); } catch { /* not allowed */ } };

// Language: CSS hides the other languages; text that cannot hold elements is replaced here.
const places = ["", "aria-label", "title"];
const attribute = (lang, place) => "data-" + lang + (place && "-" + place);
const translated = places.map((place) => [place, all("[" + attribute("zh", place) + "]")]);
for (const [place, elements] of translated) {
  for (const element of elements) {
    element.setAttribute(attribute("en", place), place ? element.getAttribute(place) : element.textContent);
  }
}
function setLanguage(lang) {
  root.lang = root.dataset.lang = lang;
  for (const [place, elements] of translated) {
    for (const element of elements) {
      const text = element.getAttribute(attribute(lang, place));
      if (place) element.setAttribute(place, text); else element.textContent = text;
    }
  }
  for (const button of all("[data-set-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setLang === lang));
  }
  scrollable();
}

// Dark or light: the system's choice until the reader makes one.
const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
if (load("theme")) root.dataset.theme = load("theme");
one("theme").addEventListener("click", () => {
  root.dataset.theme = dark() ? "light" : "dark";
  store("theme", root.dataset.theme);
});

// Boxes with hidden content can be scrolled by keyboard too.
function scrollable() {
  for (const place of all(".scroll")) {
    const wide = place.scrollWidth > place.clientWidth + 1;
    if (wide) place.setAttribute("tabindex", "0"); else place.removeAttribute("tabindex");
  }
}
addEventListener("resize", scrollable);

for (const button of all("[data-set-lang]")) {
  button.addEventListener("click", () => { setLanguage(button.dataset.setLang); store("lang", button.dataset.setLang); });
}
const languages = all("[data-set-lang]").map((button) => button.dataset.setLang);
const preferred = load("lang") || navigator.language.slice(0, 2);
setLanguage(languages.includes(preferred) ? preferred : root.dataset.lang);
