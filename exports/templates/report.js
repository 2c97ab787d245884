(function () {
  "use strict";
  var shared = JSON.parse(document.getElementById("look").textContent);
  var plots = Array.prototype.slice.call(document.querySelectorAll(".plot"));
  document.documentElement.className = "js";

  function draw(plot, paper) {
    if (plot.begun || !window.Plotly) return;
    plot.begun = true;
    var spec = JSON.parse(plot.nextElementSibling.textContent);
    spec.layout.template = shared[plot.parentNode.className];
    spec.data.forEach(function (trace) {
      if (trace.customdata) trace.text = trace.customdata.map(function (place) { return shared.names[place]; });
    });
    if (paper) { spec.layout.width = paper.width; spec.layout.height = paper.height; }
    Plotly.newPlot(plot, spec.data, spec.layout, shared.config).then(function () { plot.drawn = true; });
  }

  function start() {
    if (!window.Plotly || !window.IntersectionObserver) { plots.forEach(function (p) { draw(p); }); return; }
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
      });
    }, { rootMargin: "600px" });
    plots.forEach(function (plot) { seen.observe(plot); });
  }

  window.addEventListener("load", start);
  // On A4 between its margins, in CSS pixels: two charts beside each other, or one above two.
  function paperOf(plot) {
    var kind = plot.parentNode.className;
    var above = kind === "strip" && plot.parentNode.parentNode.querySelector(".funnel");
    return { width: above ? 680 : 335, height: above ? 110 : kind === "strip" ? 150 : 180 };
  }

  window.addEventListener("beforeprint", function () {
    plots.forEach(function (plot) {
      var paper = paperOf(plot);
      if (plot.drawn) Plotly.relayout(plot, { width: paper.width, height: paper.height, autosize: false });
      else draw(plot, paper);
    });
  });
  window.addEventListener("afterprint", function () {
    plots.forEach(function (plot) {
      if (!plot.begun) return;
      Plotly.purge(plot);
      plot.begun = plot.drawn = false;
    });
    start();
  });
})();
