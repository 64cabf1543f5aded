// Links within the page keep the language and the theme; some also choose a release.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const target = one(link.hash.slice(1));
  if (target.tagName === "MAIN") return target.focus();
  const view = target.closest(".view") || target;
  go({ stage: view.id, diff: "", ...(link.dataset.go && { go: link.dataset.go }) });
  if (view !== target) target.scrollIntoView({ block: "center" });
  return undefined;
});
