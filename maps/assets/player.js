"use strict";
// The clock of the map: a slider over the horizon, and drones that follow it.

const SPEEDS = [1, 10, 60, 120, 300, 600];

/** Set the shown time [s] and let everything follow that depends on it. */
function setTime(t) {
  const { state, data } = Patrol;
  state.t = Math.max(0, Math.min(data.clock.length_s, t));
  Patrol.layers.drones.redraw();
  const now = performance.now();
  if (now - (state.told || 0) < 250 && Patrol.playing) return; // words four times a second
  state.told = now;
  const slider = document.getElementById("time");
  slider.value = String(Math.round(state.t));
  slider.setAttribute("aria-valuetext", clock(state.t));
  const up = airborne(state.t).length;
  document.getElementById("now").textContent = clockSeconds(state.t);
  document.getElementById("up").textContent = say("in_the_air", { n: up });
  for (const tell of Patrol.live) tell();
  const minute = Math.floor(state.t / 60);
  if (minute === state.minute) return;
  state.minute = minute;
  if (state.colourBy === "idle") Patrol.layers.zones.redraw();
  if (data.airspace.some((space) => space.windows !== null)) Patrol.layers.airspace.redraw();
  paintProfile();
}

function paintDrones(context, view) {
  if (!Patrol.data.plan) return;
  const focus = stationInFocus();
  const named = view.zoom >= 12.5 || focus !== null;
  const size = view.zoom < 10 ? 6 : 9;
  context.lineJoin = "round";
  context.font = `600 11px ${FONT}`;
  context.textAlign = "left";
  for (const { drone, route, place } of airborne(Patrol.state.t)) {
    const x = place.x * view.scale - view.x;
    const y = place.y * view.scale - view.y;
    if (x < -20 || y < -20 || x > view.size.x + 20 || y > view.size.y + 20) continue;
    const out = focus === null || focus === route.station;
    context.globalAlpha = out ? 1 : 0.3;
    context.beginPath();
    if (place.moving) dart(context, x, y, place.heading, size);
    else context.arc(x, y, size * 0.6, 0, 2 * Math.PI);
    context.strokeStyle = "#fff";
    context.lineWidth = 4;
    context.stroke();
    context.strokeStyle = INK;
    context.lineWidth = 1.6;
    context.stroke();
    context.fillStyle = stationColour(route.station);
    context.fill();
    if (named && out) label(context, drone.id, x + 11, y + 4, INK);
    context.globalAlpha = 1;
  }
}

function dart(context, x, y, heading, size) {
  const [c, s] = [Math.cos(heading) * size, Math.sin(heading) * size];
  context.moveTo(x + c, y + s);
  context.lineTo(x - c * 0.8 - s * 0.72, y - s * 0.8 + c * 0.72);
  context.lineTo(x - c * 0.35, y - s * 0.35);
  context.lineTo(x - c * 0.8 + s * 0.72, y - s * 0.8 - c * 0.72);
  context.closePath();
}

/** Draw how many drones are at work over the horizon, behind the slider. */
function paintProfile() {
  const canvas = document.getElementById("profile");
  const dense = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = width * dense;
  canvas.height = height * dense;
  const context = canvas.getContext("2d");
  context.scale(dense, dense);
  const { busy } = Patrol.data.plan;
  const length = Patrol.data.clock.length_s;
  const top = Math.max(1, ...busy.occupied);
  const area = (values, colour) => {
    context.beginPath();
    context.moveTo(0, height);
    values.forEach((n, i) => {
      context.lineTo(((i * busy.step_s) / length) * width, height - (n / top) * (height - 3));
    });
    context.lineTo(width, height);
    context.fillStyle = colour;
    context.fill();
  };
  area(busy.occupied, "#d5dee7");
  area(busy.airborne, "#7fa3c4");
  const x = (Patrol.state.t / length) * width;
  context.fillStyle = INK;
  context.fillRect(x - 0.75, 0, 1.5, height);
}

function play(on) {
  Patrol.playing = on;
  const button = document.getElementById("play");
  button.textContent = on ? "❚❚" : "▶";
  button.dataset.sayLabel = on ? "pause" : "play";
  button.setAttribute("aria-label", say(button.dataset.sayLabel));
  button.title = say(button.dataset.sayLabel);
  if (!on) return setTime(Patrol.state.t);
  if (Patrol.state.t >= Patrol.data.clock.length_s) setTime(0);
  Patrol.state.last = performance.now();
  requestAnimationFrame(frame);
}

/** Move on by the time that passed; by whole seconds where less motion is asked for. */
function frame(now) {
  if (!Patrol.playing) return;
  const passed = now - Patrol.state.last;
  if (!Patrol.calm.matches || passed >= 1000) {
    Patrol.state.last = now;
    setTime(Patrol.state.t + (passed / 1000) * Patrol.state.speed);
    if (Patrol.state.t >= Patrol.data.clock.length_s) return play(false);
  }
  requestAnimationFrame(frame);
}

function wirePlayer() {
  const { data, state } = Patrol;
  document.getElementById("player").hidden = !data.plan;
  if (!data.plan) return;
  const slider = document.getElementById("time");
  slider.max = String(data.clock.length_s);
  slider.addEventListener("input", () => setTime(Number(slider.value)));
  document.getElementById("play").addEventListener("click", () => play(!Patrol.playing));
  const speeds = document.getElementById("speed");
  for (const speed of SPEEDS) {
    speeds.append(element("option", { value: String(speed), text: `${speed}×` }));
  }
  speeds.value = String(state.speed);
  speeds.addEventListener("change", () => {
    state.speed = Number(speeds.value);
  });
  document.addEventListener("keydown", (event) => {
    const at = event.target;
    if (event.key !== " " || ["BUTTON", "INPUT", "SELECT", "SUMMARY"].includes(at.tagName)) return;
    event.preventDefault();
    play(!Patrol.playing);
  });
  const start = document.getElementById("time-start");
  const end = document.getElementById("time-end");
  new ResizeObserver(paintProfile).observe(document.getElementById("profile"));
  Patrol.redrawWords.push(() => {
    start.textContent = clock(0);
    end.textContent = windowText([0, data.clock.length_s]).split("–")[1];
    setTime(state.t);
  });
}
