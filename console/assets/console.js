"use strict";
// What pages do beyond what the server made of them: moments in the viewer's zone, and controls that need no button.
// Everything here is left out without harm.
(() => {
  const exact = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "short"});
  const second = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "medium"}); // for what comes within a minute
  const clock = new Intl.DateTimeFormat(undefined, {timeStyle: "short"});
  const localize = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([data-relative])")) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) time.textContent = (time.closest("[data-seconds]") ? second : exact).format(at);
    }
    // What charts say in UTC: a moment, and a stretch of time with what happened in it.
    for (const label of root.querySelectorAll("[data-at]")) label.textContent = clock.format(new Date(label.dataset.at));
    for (const of of root.querySelectorAll("[data-from]")) {
      const {from, until, before = "", rest = ""} = of.dataset, title = of.querySelector("title");
      const words = `${before}${clock.format(new Date(from))}–${clock.format(new Date(until))}${rest}`;
      if (title) of.setAttribute("aria-label", title.textContent = words);
      else of.textContent = words;
    }
    for (const zone of root.querySelectorAll("[data-zone]")) zone.textContent = zone.dataset.zone;
    for (const field of root.querySelectorAll("input[data-moment]")) { // one that was chosen before, in the person's own zone
      const chosen = new Date(field.dataset.moment);
      field.defaultValue = new Date(chosen.getTime() - chosen.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
    }
  };
  localize(document);
  const here = document.querySelector(".menu [aria-current]"); // which is out of sight where it is narrow
  if (here) here.closest("ul").scrollLeft = here.offsetLeft - 40;
  document.addEventListener("htmx:after:swap", () => localize(document));
  // A moment that was chosen is sent as what it is, with the offset that the person's zone has then, or had; one that was left as it
  // was, to the second.
  document.addEventListener("formdata", (event) => {
    for (const field of event.target.querySelectorAll("input[type=datetime-local]")) {
      const chosen = new Date(field.value);
      if (Number.isNaN(chosen.getTime())) continue;
      event.formData.set(field.name, field.value === field.defaultValue && field.dataset.moment || chosen.toISOString());
    }
  });
  // The rows of a live list stay where the page was drawn with them until it is loaded again: what moved would be another one under
  // a click. What is deleted leaves its row; what is new comes last, and only where nothing was filtered.
  document.addEventListener("htmx:before:swap", (event) => {
    for (const {fragment, target} of event.detail.tasks) {
      const shown = target?.dataset?.rows && target.querySelector("tbody"), made = fragment.querySelector("tbody");
      if (!shown || !made) continue;
      const rows = new Map([...made.rows].map((row) => [row.id, row]));
      const stay = [...shown.rows].map((row) => {
        const now = rows.get(row.id) ?? row.cloneNode(true);
        if (!rows.delete(row.id)) for (const form of now.querySelectorAll("form")) form.replaceWith("deleted");
        return now;
      });
      made.replaceChildren(...stay, ...(target.dataset.rows === "all" ? rows.values() : []));
    }
  });
  // Nothing here is kept by the browser, which would let a second window wait for the first one's stream to see whether it may be.
  document.addEventListener("htmx:config:request", (event) => { event.detail.ctx.request.cache = "no-store"; });
  // What is live says so when it is not: the server, or the way to it, is gone, or the session is over.
  let heard = new Date();
  const lost = document.createElement("p");
  lost.setAttribute("role", "status");
  const found = () => { heard = new Date(); if (lost.dataset.over !== "yes") lost.remove(); };
  const ended = {401: ["Your session is over. ", "Sign in again"], 404: ["It is not here any more: somebody has deleted it. ", "Look for it"]};
  const tell = (status) => { // of the answer to what asked for it; without one nothing was answered
    const live = document.querySelector("[hx-sse\\:connect]");
    if (!live || lost.dataset.over === "yes") return;
    lost.className = ended[status] ? "notice bad" : "notice warn";
    lost.id = "not-connected";
    if (ended[status]) {
      lost.dataset.over = "yes";
      const link = document.createElement("a");
      link.href = location.href; // which leads to the sign-in, and back
      link.textContent = ended[status][1];
      lost.replaceChildren(ended[status][0], link);
    } else if (!lost.isConnected) {
      lost.textContent = `Not connected; as of ${clock.format(heard)}.`;
    }
    if (!lost.isConnected) live.before(lost);
  };
  document.addEventListener("htmx:sse:after:connection", found);
  document.addEventListener("htmx:sse:after:message", found);
  document.addEventListener("htmx:sse:error", (event) => tell(event.detail.status));
  document.addEventListener("htmx:after:request", (event) => { // the first, which became no stream
    const status = event.detail.ctx.response?.raw?.status;
    if (ended[status] && event.target.matches?.("[hx-sse\\:connect]")) tell(status);
  });
  let over = false, asked = heard;
  document.addEventListener("htmx:sse:close", (event) => { over = over || event.detail.reason === "message"; });
  setInterval(() => { // a way that is cut says nothing: something comes every 15 seconds
    const live = document.querySelector("[hx-sse\\:connect]"), now = new Date();
    if (!live || over || document.hidden || now - heard <= 40000) return;
    tell(0);
    // A request that never became a stream is not made again by itself.
    if (!live._htmx?.sse && lost.dataset.over !== "yes" && now - asked > 60000) {
      asked = now;
      htmx.trigger(live, "again");
    }
  }, 5000);
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form.switch-organization, form[data-submits]");
    if (form) form.requestSubmit();
  });
})();
