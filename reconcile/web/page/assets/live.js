// Follows the daemon's events: each brings this page again, and the sections that
// differ are put in place of the old ones. Where this script does not run, the page
// is as the daemon wrote it.
"use strict";
(() => {
  // From the origin, not relative: what was opened as https://NAME:TOKEN@… could not be
  // asked for again otherwise.
  const here = location.origin + location.pathname + location.search;
  const live = document.getElementById("live");
  const said = document.getElementById("said");
  const sections = (doc) => new Map([...doc.querySelectorAll("main > [data-live]")].map((s) => [s.id, s.outerHTML]));
  let was = sections(document); // as they came, before anything is done to them

  // Times in words that a person need not compute.
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const ago = () => {
    for (const t of document.querySelectorAll("time[datetime]")) {
      const seconds = Math.round((Date.parse(t.dateTime) - Date.now()) / 1000);
      const [unit, size] = units.find(([, n]) => Math.abs(seconds) >= n) || units[3];
      let span = t.nextElementSibling;
      if (!span || !span.classList.contains("ago")) {
        span = document.createElement("span");
        span.className = "ago dim";
        t.after(span);
      }
      const text = ` (${words.format(Math.trunc(seconds / size), unit)})`;
      if (span.textContent !== text) span.textContent = text;
    }
  };

  // Puts a section in place of the old one, with what the reader did to that: what is
  // open, how far it is scrolled, where the keyboard is.
  const replace = (old, fresh) => {
    const open = new Map([...old.querySelectorAll("details[data-key]")].map((d) => [d.dataset.key, d.open]));
    const scrolled = [...old.querySelectorAll(".scroll")].map((s) => [s.scrollLeft, s.scrollTop]);
    const reachable = "a, pre, summary, [tabindex]";
    const at = [...old.querySelectorAll(reachable)].indexOf(document.activeElement);
    for (const d of fresh.querySelectorAll("details[data-key]")) if (open.has(d.dataset.key)) d.open = open.get(d.dataset.key);
    old.replaceWith(fresh);
    fresh.querySelectorAll(".scroll").forEach((s, i) => { if (scrolled[i]) [s.scrollLeft, s.scrollTop] = scrolled[i]; });
    if (at >= 0) {
      const all = fresh.querySelectorAll(reachable);
      const to = all[Math.min(at, all.length - 1)];
      if (to) to.focus({ preventScroll: true });
    }
    fresh.classList.add("fresh");
  };

  const show = (doc) => {
    const now = sections(doc);
    if ([...now.keys()].join() !== [...was.keys()].join()) { location.reload(); return; } // another page than it was
    for (const [id, html] of now) {
      if (html !== was.get(id)) replace(document.getElementById(id), document.importNode(doc.getElementById(id), true));
    }
    if (now.get("verdict") !== was.get("verdict")) said.textContent = document.getElementById("verdict").innerText;
    was = now;
    document.title = doc.title;
    document.getElementById("as-of").replaceChildren(...[...doc.getElementById("as-of").childNodes].map((n) => document.importNode(n, true)));
    ago();
  };

  // Nothing is other than it was: only the time is.
  const dated = (now) => {
    const t = document.querySelector("#as-of time");
    t.dateTime = now.toISOString();
    t.textContent = t.dateTime.replace("T", " ").replace(/\..*/, " UTC");
    ago();
  };

  const say = (text, lost) => {
    live.hidden = false;
    live.classList.toggle("lost", lost);
    if (live.textContent !== text) live.textContent = text;
  };

  // Puts in place how far the steps are.
  const moved = ({ progress, pending }) => {
    const bar = document.querySelector("#progress progress");
    if (!bar) return;
    const comma = (n) => n.toLocaleString("en");
    bar.max = progress.total;
    bar.value = progress.done;
    document.getElementById("progress-words").textContent = `${comma(progress.done)} of ${comma(progress.total)} step${progress.total === 1 ? "" : "s"}`;
    document.getElementById("pending-count").textContent = comma(pending);
    was.set("progress", "").set("facts", ""); // they are no longer as they came
  };
  let newer = null; // how far they were when that was heard last, since the page was asked for

  // One request at a time, and not more than one each second, however many events come.
  let asking = false, again = false, later = 0, tag = ""; // of what stands here
  const ask = async () => {
    clearTimeout(later);
    if (asking) { again = true; return; }
    asking = true;
    newer = null;
    try {
      const answer = await fetch(here, { cache: "no-store", credentials: "same-origin", headers: tag ? { "If-None-Match": tag } : {} });
      if (answer.status === 304) {
        dated(new Date(answer.headers.get("date")));
      } else if (answer.ok) {
        show(new DOMParser().parseFromString(await answer.text(), "text/html"));
        tag = answer.headers.get("etag");
        if (newer) moved(newer);
      } else {
        throw new Error(`status ${answer.status}`);
      }
      say("live", false);
    } catch {
      say("the daemon does not answer", true);
    }
    const wait = Number(document.querySelector("[data-again]")?.dataset.again || 0);
    if (wait) later = setTimeout(ask, wait * 1000);
    setTimeout(() => { asking = false; if (again) { again = false; ask(); } }, 1000);
  };

  // What is heard of steps being done comes several times a second, and is all there: no
  // page is asked for while nothing else is other than it was.
  let others = "";
  const heard = ({ progress, pending, ...rest }) => {
    const now = JSON.stringify(rest);
    const same = now === others;
    others = now;
    if (same && progress && !document.getElementById("progress")) return; // a page that does not show it
    if (!same || !progress || !document.querySelector("#progress progress")) { ask(); return; }
    newer = { progress, pending };
    moved(newer);
  };

  // A page that nobody looks at holds no connection.
  let events = null;
  const follow = () => {
    if (document.hidden) { events?.close(); events = null; return; }
    if (events) return;
    events = new EventSource(location.origin + document.body.dataset.events);
    let lost = false;
    events.onopen = () => { if (lost) ask(); lost = false; say("live", false); };
    events.onerror = () => {
      lost = true;
      say("the daemon does not answer", true);
      if (events.readyState === EventSource.CLOSED) { // it was refused, not cut: too many follow
        events = null;
        ask();
        setTimeout(follow, 10000);
      }
    };
    events.addEventListener("status", (e) => heard(JSON.parse(e.data)));
  };

  ago();
  setInterval(ago, 1000);
  follow();
  const wait = Number(document.querySelector("[data-again]")?.dataset.again || 0);
  if (wait) later = setTimeout(ask, wait * 1000);
  document.addEventListener("visibilitychange", () => { follow(); if (!document.hidden) ask(); });
})();
