// The browser prints a digest; "Print all" prints every stage with all that it has.
const folded = () => all("details:not([open])").filter((each) => !each.closest(".predict"));
one("print").addEventListener("click", () => print());
one("print-all").addEventListener("click", () => {
  const opened = folded();
  for (const each of opened) each.open = true;
  root.classList.add("print-all");
  addEventListener("afterprint", () => {
    root.classList.remove("print-all");
    for (const each of opened) each.open = false;
  }, { once: true });
  print();
});
