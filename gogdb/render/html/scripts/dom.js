"use strict";
const root = document.documentElement;
root.classList.add("js");
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (id) => document.getElementById(id);
const preparers = []; // functions that prepare an element, and those in it, that is new in the page
const prepare = (element) => { for (const each of preparers) each(element); };
const data = JSON.parse(one("data").textContent);
