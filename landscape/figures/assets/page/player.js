/* The bar that plays: surfaces of checkpoints in their order, each morphing into the next; the checkpoints of a path; or the steps of a race. */

import { byId } from "./elements.js";

/* steps: words for a step, by its number; show(frame, playing): a number between 0 and the last step; its fraction is the way to the next. */
export function buildPlayer(numSteps, wordsOf, secondsAStep, show) {
  const bar = byId("player");
  const last = numSteps - 1;
  bar.hidden = last < 1;
  if (bar.hidden) return { isThere: false, toggle() {}, place() {}, step() {} };
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
  const stand = (frame) => { if (running !== null) stop(); place(frame); show(frame, false); };
  const toggle = () => (running === null ? start() : stop());
  play.addEventListener("click", toggle);
  byId("first").addEventListener("click", () => stand(0));
  byId("last").addEventListener("click", () => stand(last));
  scrub.addEventListener("input", () => { if (running !== null) stop(); place(Number(scrub.value)); show(Number(scrub.value), true); });
  scrub.addEventListener("change", () => show(Number(scrub.value), false));
  const step = (way) => stand(Math.min(last, Math.max(0, Math.round(Number(scrub.value)) + way)));
  return { isThere: true, toggle, place, step };
}
