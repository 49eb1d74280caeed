// What colour Grafana's own library gives 0 and 1 in each panel, and each column of a table: JSON on standard output.
const fs = require("fs");
const {JSDOM} = require("jsdom");
const dom = new JSDOM("", {url: "http://localhost"});
Object.assign(global, {window: dom.window, document: dom.window.document, HTMLElement: dom.window.HTMLElement, localStorage: dom.window.localStorage});
Object.defineProperty(global, "navigator", {value: dom.window.navigator, configurable: true});
const grafana = require("@grafana/data");
const theme = grafana.createTheme();
const NAMES = Object.fromEntries(["green", "yellow", "red", "blue"].map((name) => [theme.visualization.getColorByName(name), name]));
const folder = process.argv[2];
const painted = [];
for (const file of fs.readdirSync(folder)) {
  for (const panel of JSON.parse(fs.readFileSync(`${folder}/${file}`)).panels) {
    const ways = (panel.targets || []).map((target) => [target.expr || "", panel.fieldConfig.defaults]);
    for (const {matcher, properties} of panel.fieldConfig?.overrides || []) {
      const letter = matcher.options.replace("Value #", "");
      const target = (panel.targets || []).find((one) => one.refId === letter);
      if (target) ways.push([target.expr, Object.fromEntries(properties.map((one) => [one.id, one.value]))]);
    }
    for (const [asks, settings] of panel.type === "table" ? ways.slice(panel.targets.length) : ways) {
      if (!settings.color) continue;
      const config = JSON.parse(JSON.stringify(settings));
      for (const step of config.thresholds.steps) step.value ??= -Infinity;
      const field = {name: "v", type: grafana.FieldType.number, values: [0, 1], config, state: {range: {min: 0, max: 1, delta: 1}}};
      const show = grafana.getDisplayProcessor({field, theme});
      const [zero, one] = [show(0), show(1)];
      painted.push({panel: panel.title, asks, mode: config.color.mode, zero: NAMES[zero.color] || zero.color, one: NAMES[one.color] || one.color, texts: [zero.text, one.text]});
    }
  }
}
console.log(JSON.stringify(painted));
