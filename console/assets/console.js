"use strict";
// What pages do beyond what the server made of them: moments in the viewer's zone, and controls that need no button.
// Everything here is left out without harm.
(() => {
  const exact = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "short"});
  const localize = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([data-relative])")) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) time.textContent = exact.format(at);
    }
    for (const field of root.querySelectorAll("input[data-utc]")) { // a moment that the person chooses, in their own zone
      const zone = field.form && field.form.querySelector("input[name=zone]");
      if (zone) zone.value = String(new Date().getTimezoneOffset());
      const chosen = new Date(field.dataset.utc + "Z"); // one that was chosen before
      if (field.dataset.utc && !Number.isNaN(chosen.getTime())) {
        field.value = new Date(chosen.getTime() - chosen.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
        field.removeAttribute("data-utc");
      }
    }
  };
  localize(document);
  const here = document.querySelector(".menu [aria-current]"); // which is out of sight where it is narrow
  if (here) here.closest("ul").scrollLeft = here.offsetLeft - 40;
  document.addEventListener("htmx:after:swap", () => localize(document));
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form.switch-organization, form[data-submits]");
    if (form) form.requestSubmit();
  });
})();
