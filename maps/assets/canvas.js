"use strict";
// One canvas for each kind of thing, redrawn when the map moves.

const CanvasLayer = L.Layer.extend({
  /** Draw with `paint(context, view)` on a canvas of its own in a pane. */
  initialize(pane, paint) {
    this._paneName = pane;
    this._paint = paint;
  },

  onAdd(map) {
    this._canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", map.getPane(this._paneName));
    map.on("move viewreset zoomend resize", this.draw, this);
    map.on("zoomanim", this._follow, this);
    this.draw();
  },

  onRemove(map) {
    map.off("move viewreset zoomend resize", this.draw, this);
    map.off("zoomanim", this._follow, this);
    this._canvas.remove();
    this._canvas = null;
  },

  /** Draw at the next frame, however often it is asked for until then. */
  redraw() {
    if (this._waiting) return;
    this._waiting = requestAnimationFrame(() => {
      this._waiting = null;
      this.draw();
    });
  },

  draw() {
    if (!this._canvas) return;
    const map = this._map;
    const size = map.getSize();
    const dense = window.devicePixelRatio || 1;
    const canvas = this._canvas;
    if (canvas.width !== size.x * dense || canvas.height !== size.y * dense) {
      canvas.width = size.x * dense;
      canvas.height = size.y * dense;
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
    }
    this._corner = map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(canvas, this._corner);
    const context = canvas.getContext("2d");
    context.setTransform(dense, 0, 0, dense, 0, 0);
    context.clearRect(0, 0, size.x, size.y);
    this._paint(context, viewOf(map));
  },

  /** Scale the old picture while Leaflet animates a zoom. */
  _follow(event) {
    const scale = this._map.getZoomScale(event.zoom);
    const corner = this._map.containerPointToLatLng([0, 0]);
    const to = this._map._latLngToNewLayerPoint(corner, event.zoom, event.center);
    L.DomUtil.setTransform(this._canvas, to, scale);
  },
});

/** Return how the world lies on the screen: pixel = world * scale - origin. */
function viewOf(map) {
  const origin = map.getPixelBounds().min;
  const size = map.getSize();
  const scale = 2 ** map.getZoom();
  const box = [
    origin.x / scale,
    origin.y / scale,
    (origin.x + size.x) / scale,
    (origin.y + size.y) / scale,
  ];
  return { scale, x: origin.x, y: origin.y, zoom: map.getZoom(), box, size };
}

function visible(box, view) {
  return (
    box[0] <= view.box[2] && box[2] >= view.box[0] && box[1] <= view.box[3] && box[3] >= view.box[1]
  );
}

/** Begin a path along flat lines, closed or open. */
function trace(context, view, lines, closed) {
  context.beginPath();
  extend(context, view, lines, closed);
}

/** Go on with a path along flat lines, closed or open. */
function extend(context, view, lines, closed) {
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      const x = line[i] * view.scale - view.x;
      const y = line[i + 1] * view.scale - view.y;
      if (i) context.lineTo(x, y);
      else context.moveTo(x, y);
    }
    if (closed) context.closePath();
  }
}

const tiles = new Map();

/** Return a repeating fill: `lanes`, `hatch`, `cross` or `dots` in a colour. */
function texture(context, kind, colour) {
  const key = kind + colour;
  if (!tiles.has(key)) tiles.set(key, textureTile(kind, colour));
  const pattern = context.createPattern(tiles.get(key), "repeat");
  const dense = window.devicePixelRatio || 1;
  pattern.setTransform(new DOMMatrix().scale(1 / dense));
  return pattern;
}

function textureTile(kind, colour) {
  const dense = window.devicePixelRatio || 1;
  const side = { lanes: 6, hatch: 9, cross: 11, dots: 6 }[kind];
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(side * dense);
  const c = tile.getContext("2d");
  c.scale(tile.width / side, tile.width / side);
  c.strokeStyle = c.fillStyle = colour;
  c.beginPath();
  if (kind === "dots") {
    c.arc(side / 2, side / 2, 1.1, 0, 2 * Math.PI);
    c.fill();
    return tile;
  }
  c.lineWidth = kind === "lanes" ? 2.2 : 1.1;
  if (kind === "lanes") {
    c.moveTo(0, side / 2);
    c.lineTo(side, side / 2);
  } else {
    // Three parallels, so that the line goes on into the neighbouring tiles.
    for (const shift of [-side, 0, side]) {
      c.moveTo(shift - 1, side + 1);
      c.lineTo(shift + side + 1, -1);
      if (kind === "cross") {
        c.moveTo(shift - 1, -1);
        c.lineTo(shift + side + 1, side + 1);
      }
    }
  }
  c.stroke();
  return tile;
}

/** Write text with a light edge, so that it reads on any ground. */
function label(context, text, x, y, colour = "#3c4a57") {
  context.lineJoin = "round";
  context.strokeStyle = "rgba(255,255,255,0.9)";
  context.lineWidth = 3.5;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}
