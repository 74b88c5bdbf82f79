/** The panel: everything that is known of what is chosen, or of the network where nothing is. */

import type { Totals } from "./data";
import { el } from "./dom";
import type { Item, Network } from "./network";
import { brief, exact, names, printed, share } from "./words";

export interface Wishes {
    /** Go to something, by its key or path. */
    go(path: string): void;
    /** Show a place in the spec. */
    read(place: number): void;
    /** Choose another layer of the same box. */
    layer(index: number): void;
}

type Rows = [string, (Node | string)[] | string][];

/** A layer with all its facts, and the others of its box to choose from. */
export function layerDetails(network: Network, index: number, item: Item, wishes: Wishes): Node[] {
    const layer = network.layer(index), call = network.call(index), totals = network.data.totals;
    const rows: Rows = [];
    const from = layer.inputs.map(([source, port]) => {
        const ports = network.call(source).outputs, path = network.paths[source]!;
        return step(ports.length > 1 ? `${path}[${port}]` : path, ports[port]!, () => wishes.go(path));
    });
    if (from.length) rows.push([from.length > 1 ? "inputs" : "input", from]);
    rows.push([call.outputs.length > 1 ? "outputs" : "output", call.outputs.map((shape) => el("b", {}, shape))]);
    const readers = network.readers[index]!;
    if (readers.length) {
        const paths = readers.slice(0, 8).map((reader) => network.paths[reader]!);
        const shown = paths.map((path) => step(path, "", () => wishes.go(path)));
        rows.push(["read by", readers.length > 8 ? [...shown, `and ${readers.length - 8} more`] : shown]);
    }
    const first = layer.first;
    if (first !== undefined) {
        rows.push(["weights of", [step(network.paths[first]!, "shared", () => wishes.go(network.paths[first]!))]]);
    }
    if (layer.params) rows.push(["parameters", cost(layer.params, totals.params, layer.frozen ? ", frozen" : "")]);
    if (layer.macs) rows.push(["MACs", cost(layer.macs, totals.macs)]);
    if (layer.activations) rows.push(["activations", cost(layer.activations, totals.activations)]);
    if (layer.field) rows.push(["receptive field", field(network, layer.field, layer.stride ?? "")]);
    if (layer.training) rows.push(["needed", "for training only"]);
    return [
        heading(printed(call.label), network.paths[index]!, item, wishes),
        ...siblings(network, index, item, wishes),
        el("p", { class: "about" }, call.about),
        list(rows),
        ...table("arguments", call.arguments),
        ...table("weights", call.weights.map(([name, shape, learned]) =>
            [name, learned ? shape : `${shape}  (buffer)`])),
    ];
}

/** A block: what it is called with, what it costs, and its parts. */
export function blockDetails(network: Network, item: Item, wishes: Wishes): Node[] {
    const scope = item.scope!, all = network.data.totals;
    const { name, kind, number } = names(item);
    const rows: Rows = [];
    if (scope.outputs.length) {
        rows.push([scope.outputs.length > 1 ? "outputs" : "output", scope.outputs.map((shape) => el("b", {}, shape))]);
    }
    rows.push(...totalRows(scope.totals, all));
    const more = scope.first === null ? "" : ", shared: it was used before";
    return [
        heading([name, kind, number].filter(Boolean).join(" · "), item.key, item, wishes),
        el("p", { class: "about" }, (scope.kind === "block" ? "a block" : "a sequence") + more),
        list(rows),
        ...table("arguments", scope.arguments),
        ...parts(network, item, wishes),
    ];
}

export function repeatDetails(network: Network, item: Item, wishes: Wishes): Node[] {
    const inside = item.parts[0]!.parts.map((part) => part.key);
    return [
        el("h2", {}, `${item.times} times the same`),
        el("p", { class: "about" },
            "Each reads what the one before it gives. The first stands for all until it is unfolded."),
        list([["the first", inside.slice(0, 12).map((key) => step(key, "", () => wishes.go(key)))],
            ["layers", exact(item.inside.length)]]),
        ...parts(network, item.parts[0]!, wishes),
    ];
}

export function outputDetails(network: Network, index: number, wishes: Wishes): Node[] {
    const output = network.data.outputs[index]!, path = network.paths[output.from[0]]!;
    const rows: Rows = [["shape", [el("b", {}, output.shape)]], ["given by", [step(path, "", () => wishes.go(path))]]];
    if (output.training) rows.push(["exists", "in training only"]);
    return [el("h2", {}, `output ${output.name}`), list(rows)];
}

/** The network itself: its numbers, what was printed of it, where the costs are. */
export function networkDetails(network: Network, wishes: Wishes): Node[] {
    const { data } = network, [title, ...about] = data.about.split("\n\n");
    const rows: Rows = [
        [data.inputs.length > 1 ? "inputs" : "input", data.inputs.map((index) =>
            step(network.paths[index]!, network.call(index).outputs[0]!, () => wishes.go(network.paths[index]!)))],
        [data.outputs.length > 1 ? "outputs" : "output", data.outputs.map((output) =>
            step(output.name, output.shape, () => wishes.go(network.paths[output.from[0]]!)))],
        ...totalRows(data.totals, null),
    ];
    if (data.field) rows.push(["receptive field", data.field], ["stride", data.stride]);
    if (data.sizes) rows.push(["accepts", data.sizes]);
    return [
        el("h2", {}, data.name),
        title && el("p", { class: "title" }, title.replace(/\n/g, " ")),
        ...about.map((text) => el("p", { class: "about" }, text.replace(/\n/g, " "))),
        list(rows),
        ...expectations(network, wishes),
        ...parts(network, network.root, wishes),
    ].filter((node): node is HTMLElement => Boolean(node));
}

// -- pieces -------------------------------------------------------------------------------------------

function heading(title: string, path: string, item: Item, wishes: Wishes): Node {
    const around = [...item.outwards()].filter((each) => each.kind === "block" && each.around).reverse();
    const crumbs = around.map((each) => button(each.scope!.name, () => wishes.go(each.key)));
    return el("header", {}, el("h2", {}, title),
        el("div", { class: "path" }, el("code", {}, path)),
        crumbs.length > 0 && el("nav", { class: "crumbs", "aria-label": "Blocks around it" }, ...crumbs));
}

function siblings(network: Network, index: number, item: Item, wishes: Wishes): Node[] {
    if (item.layers.length < 2) return [];
    return [el("div", { class: "siblings", role: "group", "aria-label": "Layers in this box" },
        ...item.layers.map((each) => {
            const call = network.call(each);
            const chip = button(printed(call.label), () => wishes.layer(each), `chip ${call.family}`);
            chip.setAttribute("aria-pressed", `${each === index}`);
            return chip;
        }))];
}

function totalRows(totals: Totals, whole: Totals | null): Rows {
    const rows: Rows = [];
    const frozen = totals.params - totals.trainable;
    rows.push(["parameters", cost(totals.params, whole?.params ?? 0, frozen ? `, ${brief(frozen)} frozen` : "")]);
    rows.push(["MACs", cost(totals.macs, whole?.macs ?? 0)]);
    rows.push(["activations", cost(totals.activations, whole?.activations ?? 0)]);
    rows.push(["weight layers", `${exact(totals.weight_layers)}, ${exact(totals.depth)} deep`]);
    return rows;
}

/** Where the parameters and the multiply-accumulates are: a bar for each part. */
function parts(network: Network, around: Item, wishes: Wishes): Node[] {
    const shown = around.parts.filter((part) => !network.isInvisible(part));
    const costs = shown.map((part) =>
        ({ part, params: sum(network, part, "params"), macs: sum(network, part, "macs") }));
    const most = {
        params: Math.max(...costs.map((each) => each.params)),
        macs: Math.max(...costs.map((each) => each.macs)),
    };
    const heavy = costs.filter((each) => each.params || each.macs);
    if (heavy.length < 2) return [];
    const rows = heavy.map(({ part, params, macs }) => el("tr", {},
        el("th", { scope: "row" }, button(label(network, part), () => wishes.go(part.key))),
        bar(params, most.params, "params"), bar(macs, most.macs, "macs")));
    return [el("h3", {}, "where the cost is"), el("table", { class: "costs" },
        el("thead", {}, el("tr", {}, el("td"),
            el("th", { scope: "col" }, "parameters"), el("th", { scope: "col" }, "MACs"))),
        el("tbody", {}, ...rows))];
}

function bar(value: number, most: number, kind: string): HTMLElement {
    const cell = el("td", {}, el("span", { class: "value" }, value ? brief(value) : "–"));
    const fill = el("span", { class: `bar ${kind}` });
    fill.style.setProperty("width", `${most ? (92 * value) / most : 0}%`);
    cell.append(fill);
    return cell;
}

function label(network: Network, item: Item): string {
    const { name, kind } = names(item);
    if (item.kind === "repeat") {
        return `${item.times} × ${item.parts[0]!.parts.map((part) => label(network, part)).join(", ")}`;
    }
    return item.scope ? item.scope.name || name || kind : network.layer(network.main(item)).name;
}

function sum(network: Network, item: Item, what: "params" | "macs"): number {
    if (item.scope) return item.scope.totals[what];
    return item.inside.map((index) => network.layer(index))
        .reduce((total, layer) => total + (what === "params" || !layer.training ? layer[what] ?? 0 : 0), 0);
}

function expectations(network: Network, wishes: Wishes): Node[] {
    const { expectations: all } = network.data;
    if (all.length === 0) return [];
    const wrong = all.filter((each) => !each.holds);
    const rows = [...wrong, ...all.filter((each) => each.holds)].map((each) => {
        const place = button(`${each.what} ${each.operator} ${each.printed}`, () => wishes.read(each.place));
        return el("li", { class: each.holds ? "holds" : `differs ${each.kind}` },
            el("span", { class: "sign", "aria-label": each.holds ? "holds" : "differs" }, each.holds ? "✓" : "≠"),
            place, el("span", { class: "value" }, each.computed));
    });
    const words = wrong.length ? `${all.length - wrong.length} of ${all.length} hold` : `all ${all.length} hold`;
    const title = el("h3", {}, "printed and computed", el("small", {}, ` ${words}`));
    return [title, el("ul", { class: "expectations" }, ...rows)];
}

/** What of the input is seen, in words and to scale. */
function field(network: Network, extent: string, stride: string): (Node | string)[] {
    const words = `${extent}${stride ? `, stride ${stride.replace(/^(\S+)( × \1)+$/, "$1")}` : ""}`;
    const input = network.data.inputs[0];
    const sizes = input === undefined ? [] : network.call(input).outputs[0]!.split(" × ").slice(1).map(Number);
    const seen = extent.split(" × ").map(Number);
    if (sizes.length !== 2 || seen.length !== 2 || [...sizes, ...seen].some(Number.isNaN)) return [words];
    const scale = 34 / Math.max(...sizes);
    const [height, width] = sizes.map((size) => size * scale);
    const [tall, wide] = seen.map((size, at) => Math.min(size, sizes[at]!) * scale);
    const picture = el("span", { class: "eye", title: `of ${sizes.join(" × ")}` });
    const inner = el("span");
    for (const [part, w, h] of [[picture, width, height], [inner, wide, tall]] as const) {
        part.style.setProperty("width", `${Math.max(2, w!)}px`);
        part.style.setProperty("height", `${Math.max(2, h!)}px`);
    }
    picture.append(inner);
    return [picture, words];
}

function cost(value: number, whole: number, more = ""): (Node | string)[] {
    const part = share(value, whole);
    return [el("b", {}, exact(value)), `${part && part !== "100 %" ? `  ${part}` : ""}${more}`];
}

function step(path: string, shape: string, go: () => void): HTMLElement {
    return el("span", { class: "step" }, button(path, go), shape && el("span", { class: "shape" }, shape));
}

export function button(words: string, press: () => void, name = "link"): HTMLButtonElement {
    const made = el("button", { type: "button", class: name }, words);
    made.addEventListener("click", press);
    return made;
}

function list(rows: Rows): HTMLElement {
    return el("dl", {}, ...rows.flatMap(([term, value]) =>
        [el("dt", {}, term), typeof value === "string" ? el("dd", {}, value) : el("dd", {}, ...value)]));
}

function table(title: string, rows: [string, string][]): Node[] {
    if (rows.length === 0) return [];
    return [el("h3", {}, title), el("table", { class: "plain" }, el("tbody", {}, ...rows.map(([name, value]) =>
        el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value)))))];
}

