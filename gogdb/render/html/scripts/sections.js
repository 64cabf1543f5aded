// A page with sections below each other: the address names the one to scroll to.
showers.push((now) => one(now.get("stage"))?.scrollIntoView());
