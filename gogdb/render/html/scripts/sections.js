// A page with sections below each other: the address names the one to scroll to.
showers.push((now) => {
  const [asked, section] = [now.get("stage"), one(now.get("stage"))];
  tellMissing("stage", section ? "" : asked, document.title);
  section?.scrollIntoView();
});
