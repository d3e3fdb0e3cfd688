// What the pages draw: curves, filled contours, surfaces, and curves on them.
const Plotly = require("plotly.js/lib/core");

Plotly.register([
  require("plotly.js/lib/contour"),
  require("plotly.js/lib/surface"),
  require("plotly.js/lib/scatter3d"),
]);

module.exports = Plotly;
