"use strict";
// The data, the words of both languages, and how numbers and elements are made.
// What an input says enters the page through textContent alone.

const Patrol = {
  data: JSON.parse(document.getElementById("patrol-data").textContent),
  language: "en",
  redrawWords: [], // what to call when the language changes
};

/** Return a text of the catalogue with its placeholders filled. */
function say(key, values = {}) {
  const text = Patrol.data.text["map." + key][Patrol.language];
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Return whether the catalogue has a text. */
function knows(key) {
  return Object.prototype.hasOwnProperty.call(Patrol.data.text, "map." + key);
}

/**
 * Return a new element. Of the properties, `text` is its text, `on` maps events
 * to listeners, and the others are attributes.
 */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") made.textContent = value;
    else if (name === "on") {
      for (const [event, run] of Object.entries(value)) made.addEventListener(event, run);
    } else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Set the page's fixed words: elements say in `data-say` which text is theirs. */
function sayPage() {
  document.documentElement.lang = Patrol.language === "zh" ? "zh-CN" : "en";
  document.title = Patrol.data.name + " – " + say("title");
  for (const node of document.querySelectorAll("[data-say]")) {
    node.textContent = say(node.dataset.say);
  }
  for (const node of document.querySelectorAll("[data-say-label]")) {
    node.setAttribute("aria-label", say(node.dataset.sayLabel));
    node.title = say(node.dataset.sayLabel);
  }
  for (const node of document.querySelectorAll("[data-say-placeholder]")) {
    node.placeholder = say(node.dataset.sayPlaceholder);
  }
  for (const node of document.querySelectorAll("[data-language]")) {
    node.setAttribute("aria-pressed", String(node.dataset.language === Patrol.language));
  }
  for (const run of Patrol.redrawWords) run();
}

function setLanguage(language) {
  Patrol.language = language;
  sayPage();
}

const two = (number) => String(number).padStart(2, "0");

/** Return whether the horizon is so long that a time needs its day. */
function hasDays() {
  return Patrol.data.clock.length_s > 86400;
}

/** Return HH:MM of seconds from the start of the horizon, after the day if it has several. */
function clock(seconds) {
  const s = Math.floor(Patrol.data.clock.start_clock_s + seconds + 1e-6);
  const time = two(Math.floor(s / 3600) % 24) + ":" + two(Math.floor(s / 60) % 60);
  if (!hasDays()) return time;
  const day = (Patrol.data.clock.weekday + Math.floor(s / 86400)) % 7;
  return say("weekdays").split(" ")[day] + " " + time;
}

/** Return HH:MM:SS of seconds from the start of the horizon. */
function clockSeconds(seconds) {
  return clock(seconds) + ":" + two(Math.floor(Patrol.data.clock.start_clock_s + seconds) % 60);
}

/** Return whether two moments lie on one day. */
function sameDay(start, end) {
  const day = (t) => Math.floor((Patrol.data.clock.start_clock_s + t + 1e-6) / 86400);
  return day(start) === day(end);
}

/** Return a window as HH:MM–HH:MM; its end may be 24:00. */
function windowText([start, end]) {
  const close = clock(end);
  if (hasDays()) return clock(start) + "–" + (sameDay(start, end) ? close.split(" ")[1] : close);
  return clock(start) + "–" + (close === "00:00" ? "24:00" : close);
}

/** Return M:SS, or H:MM:SS from an hour on. */
function stopwatch(seconds) {
  const s = Math.round(Math.abs(seconds));
  const sign = seconds < -0.5 ? "−" : "";
  const hours = Math.floor(s / 3600);
  const rest = two(s % 60);
  if (hours) return `${sign}${hours}:${two(Math.floor(s / 60) % 60)}:${rest}`;
  return `${sign}${Math.floor(s / 60)}:${rest}`;
}

/** Return whole minutes with their unit, or minutes and seconds where they are not whole. */
function minutes(seconds) {
  const whole = Math.abs(seconds / 60 - Math.round(seconds / 60)) < 1 / 120;
  if (whole) return say("minutes", { n: Math.round(seconds / 60) });
  return say("minutes_seconds", {
    m: Math.floor(seconds / 60),
    s: Math.round(seconds % 60),
  });
}

const percent = (ratio) => `${Math.round(ratio * 1000) / 10} %`;
const number = (value, digits = 0) =>
  value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
