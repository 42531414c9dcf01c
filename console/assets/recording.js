"use strict";
// The transcript and the player of a recording: a click on a line plays from there, and what is being said is marked.
(() => {
  const player = document.getElementById("player");
  const transcript = document.getElementById("transcript");
  if (!player || !transcript) return;
  const lines = [...transcript.querySelectorAll("li[data-start]")];
  transcript.addEventListener("click", (event) => {
    const line = event.target.closest("li[data-start]");
    if (!line || !getSelection().isCollapsed) return; // words that are chosen are to be copied
    event.preventDefault();
    player.currentTime = Number(line.dataset.start) / 1000;
    player.play().catch(() => {}); // a browser may refuse, and says so at the player
  });
  const mark = () => {
    const now = player.currentTime * 1000;
    let said = null;
    for (const line of lines) {
      if (Number(line.dataset.start) > now) break;
      said = line;
    }
    for (const line of lines) {
      if (line === said) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    }
  };
  for (const name of ["timeupdate", "seeking", "play"]) player.addEventListener(name, mark);
})();
