// Buttons and keys that step; each ends the play.
function steps(move) {
  play(false);
  move();
}
one("back").addEventListener("click", () => steps(() => step(-1)));
one("on").addEventListener("click", () => steps(() => step(1)));
one("stages").addEventListener("click", () => play(false));

const keys = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1),
  Home: () => visit(views[0]), End: () => visit(lastView()),
};
// An empty field of a question has no use for the arrows.
const isTyping = (field, key) => !field.matches("input") || field.value || !key.startsWith("Arrow");
addEventListener("keydown", (event) => {
  const field = event.target.closest("select, input, textarea");
  if (event.altKey || event.ctrlKey || event.metaKey || (field && isTyping(field, event.key))) return;
  const wide = event.target.closest(".scroll[tabindex]");
  if (event.key === "p") toggle();
  else if (keys[event.key] && !wide) { event.preventDefault(); steps(keys[event.key]); }
});
