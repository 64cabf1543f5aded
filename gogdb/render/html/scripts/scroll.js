// Boxes with hidden content can be scrolled by keyboard too.
function scrollable() {
  for (const place of all(".scroll")) {
    const wide = place.scrollWidth > place.clientWidth + 1;
    if (wide) place.setAttribute("tabindex", "0"); else place.removeAttribute("tabindex");
  }
}
addEventListener("resize", scrollable);
showers.push(scrollable);
