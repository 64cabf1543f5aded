// Play: so many seconds a stage, to the last one. A question that is not answered stops it.
let timer = 0;
const isAtEnd = () => views.indexOf(here) >= views.indexOf(lastView());
function play(going) {
  clearInterval(timer);
  timer = going ? setInterval(() => {
    step(1, true);
    if (here === lastView() || asks()) play(false);
  }, Number(one("speed").value) * 1000) : 0;
  one("play").setAttribute("aria-pressed", String(going));
}
function toggle() {
  if (!timer && asks()) return enterQuestion();
  if (!timer && isAtEnd()) visit(stages[0] || views[0]);
  return play(!timer && !asks());
}
showers.push(() => {
  one("play").querySelector(".play").hidden = isAtEnd();
  one("play").querySelector(".replay").hidden = !isAtEnd();
});
one("play").addEventListener("click", toggle);
one("speed").addEventListener("change", () => play(Boolean(timer)));
