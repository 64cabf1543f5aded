// Language: that of the address, or the one the page was written in. CSS hides the other
// languages; text that cannot hold elements is replaced here.
const written = root.dataset.lang;
const places = ["", "aria-label", "title"];
const attribute = (lang, place) => "data-" + lang + (place && "-" + place);

function translate(within, lang) {
  for (const place of places) {
    for (const element of all("[" + attribute("zh", place) + "]", within)) {
      const text = element.getAttribute(attribute(lang, place));
      if (place) element.setAttribute(place, text); else element.textContent = text;
    }
  }
}

function setLanguage(lang) {
  root.lang = root.dataset.lang = lang;
  translate(document, lang);
  for (const button of all("[data-set-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setLang === lang));
  }
}
preparers.push((element) => { if (root.lang !== written) translate(element, root.lang); });

const languages = all("[data-set-lang]").map((button) => button.dataset.setLang);
for (const button of all("[data-set-lang]")) {
  button.addEventListener("click", () => go({ lang: button.dataset.setLang }));
}
showers.push((now) => {
  const lang = languages.includes(now.get("lang")) ? now.get("lang") : written;
  if (lang !== root.lang) setLanguage(lang);
});
