/* The bar that plays a sequence: surfaces of checkpoints in their order, each morphing into the next. */

import { byId } from "./elements.js";

const SECONDS_A_STEP = 1.5;

/* show(frame): a number between 0 and the last surface's place; its fraction is the way to the next. */
export function buildPlayer(page, show) {
  const last = page.content.sequence ? page.surfaces.length - 1 : 0;
  const wordsOf = (near) => `${page.surfaces[near].name} (${near + 1} of ${last + 1})`;
  return playerOf(last, wordsOf, SECONDS_A_STEP, show);
}

/* A bar of frames from 0 to the last; hidden where there is only one. */
export function playerOf(last, wordsOf, secondsAStep, show) {
  const bar = byId("player");
  bar.hidden = last < 1;
  if (bar.hidden) return { toggle() {}, place() {} };
  const scrub = byId("scrub"), play = byId("play"), speed = byId("speed");
  scrub.max = last;
  let running = null;
  const place = (frame) => {
    const near = Math.min(last, Math.round(frame));
    scrub.value = frame;
    const words = wordsOf(near);
    byId("step").textContent = words;
    scrub.setAttribute("aria-valuetext", words);
  };
  const stop = () => {
    cancelAnimationFrame(running);
    running = null;
    play.textContent = "Play";
    show(Number(scrub.value), false);
  };
  const start = () => {
    let frame = Number(scrub.value) >= last ? 0 : Number(scrub.value);
    let before = performance.now();
    play.textContent = "Pause";
    const step = (now) => {
      frame = Math.min(last, frame + ((now - before) / 1000 / secondsAStep) * Number(speed.value));
      before = now;
      place(frame);
      show(frame, true);
      if (frame >= last) stop(); else running = requestAnimationFrame(step);
    };
    running = requestAnimationFrame(step);
  };
  const toggle = () => (running === null ? start() : stop());
  const goTo = (frame) => { if (running !== null) stop(); place(frame); show(frame, false); };
  play.addEventListener("click", toggle);
  byId("first").addEventListener("click", () => goTo(0));
  byId("last").addEventListener("click", () => goTo(last));
  scrub.addEventListener("input", () => { if (running !== null) stop(); place(Number(scrub.value)); show(Number(scrub.value), true); });
  scrub.addEventListener("change", () => show(Number(scrub.value), false));
  return { toggle, place, goTo };
}
