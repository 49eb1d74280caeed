// What Grafana's own types say against the dashboards: one line each on standard output, none when nothing is wrong.
const fs = require("fs");
const path = require("path");
const ts = require("typescript");
const [folder, library] = process.argv.slice(2);
const types = path.join(library, "@grafana", "schema", "dist", "types");

// JSON has no enums: each becomes a type of its values, with a namespace of its members, so that the text "continuous" fits.
function written(source) {
  return source.replace(/export declare enum (\w+) \{([^}]*)\}/g, (_, name, body) => {
    const members = [...body.matchAll(/(\w+) = ("[^"]*"|-?\d+)/g)];
    const inner = members.map(([, member, value]) => `type ${member} = ${value};`).join(" ");
    return `export type ${name} = ${members.map(([, , value]) => value).join(" | ")}; export declare namespace ${name} { ${inner} }`;
  });
}

// A panel is checked as a whole by the type of dashboards, and its options by the type of its plugin. What annotations ask is in
// the words of their data source, for which there is no type here.
function program(board, plugins) {
  for (const one of board.annotations.list) for (const name of ["expr", "titleFormat", "textFormat", "tagKeys", "useValueForTime", "step"]) delete one[name];
  const lines = [`import type {Dashboard} from "@grafana/schema";`, `export const board: Dashboard = ${JSON.stringify(board)};`];
  for (const [number, panel] of board.panels.entries()) {
    const plugin = panel.type.replace("-", "");
    if (!plugins.has(plugin)) continue;
    const module = `@grafana/schema/dist/types/raw/composable/${plugin}/panelcfg/x/types.gen`;
    const text = fs.readFileSync(path.join(types, "raw", "composable", plugin, "panelcfg", "x", "types.gen.d.ts"), "utf8");
    if (panel.options) lines.push(`export const options${number}: Partial<import("${module}").Options> = ${JSON.stringify(panel.options)};`);
    if (panel.fieldConfig?.defaults.custom && /interface FieldConfig\b/.test(text))
      lines.push(`export const custom${number}: Partial<import("${module}").FieldConfig> = ${JSON.stringify(panel.fieldConfig.defaults.custom)};`);
  }
  return lines.join("\n");
}

const plugins = new Set(fs.readdirSync(path.join(types, "raw", "composable")));
const sources = new Map();
const titles = new Map();
for (const file of fs.readdirSync(folder)) {
  const board = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8"));
  const name = path.join(library, "..", file.replace(".json", ".ts"));
  sources.set(name, program(board, plugins));
  titles.set(name, {file, panels: board.panels.map((panel) => panel.title)});
}
const settings = {noEmit: true, strict: true, skipLibCheck: true, types: [], module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Node10};
const host = ts.createCompilerHost(settings);
const {readFile, fileExists} = host;
host.readFile = (name) => {
  const text = sources.get(path.normalize(name)) ?? readFile.call(host, name);
  return text && name.includes("@grafana/schema") ? written(text) : text;
};
host.fileExists = (name) => sources.has(path.normalize(name)) || fileExists.call(host, name);
host.getSourceFile = (name, target) => {
  const text = host.readFile(name);
  return text === undefined ? undefined : ts.createSourceFile(name, text, target);
};
const found = ts.getPreEmitDiagnostics(ts.createProgram([...sources.keys()], settings, host));
for (const one of found) {
  const about = one.file && titles.get(path.normalize(one.file.fileName));
  const line = one.file ? one.file.text.slice(0, one.start).split("\n").at(-1).slice(-90) : "";
  console.log(`${about ? about.file : one.file?.fileName}: ${ts.flattenDiagnosticMessageText(one.messageText, " ")} after ${line}`);
}
