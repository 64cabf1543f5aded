// The marks that point into the stacks, and their places in the picture.
const calm = matchMedia("(prefers-reduced-motion: reduce)");

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
