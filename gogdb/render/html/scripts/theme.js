// Dark or light: the system's choice until the reader makes one.
const systemDark = matchMedia("(prefers-color-scheme: dark)");
one("theme").addEventListener("click", () => {
  const dark = (root.dataset.theme || (systemDark.matches ? "dark" : "light")) === "dark";
  go({ theme: dark ? "light" : "dark" });
});
showers.push((now) => {
  const theme = now.get("theme");
  if (theme === "dark" || theme === "light") root.dataset.theme = theme; else delete root.dataset.theme;
});
