// Play: so many seconds a stage, to the last one.
let timer = 0;
function play(going) {
  clearInterval(timer);
  timer = going ? setInterval(() => {
    step(1, true);
    if (here === lastView()) play(false);
  }, Number(one("speed").value) * 1000) : 0;
  one("play").setAttribute("aria-pressed", String(going));
}
function toggle() {
  if (!timer && views.indexOf(here) >= views.indexOf(lastView())) visit(stages[0] || views[0]);
  play(!timer);
}
one("play").addEventListener("click", toggle);
one("speed").addEventListener("change", () => play(Boolean(timer)));
