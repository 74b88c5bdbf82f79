/** What a box says and how large that makes it. */

import type { Family } from "./data";
import type { Network } from "./network";
import type { Shown } from "./showing";
import { brief, counted, names, printed } from "./words";

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
export const TITLE = 13, SMALL = 10.5, STRIP = 10;
export const HEADER = 26;

/** A layer that shares a box with the one that learns. */
export interface Strip {
    readonly layer: number;
    readonly text: string;
    readonly family: Family;
    width: number;
}

export interface Face {
    readonly form: "box" | "thin" | "sign" | "bar" | "end";
    readonly family: Family | "block";
    readonly title: string;
    /** Said behind the title, smaller. */
    readonly aside: string;
    readonly subtitle: string;
    readonly before: readonly Strip[];
    readonly after: readonly Strip[];
    readonly width: number;
    readonly height: number;
}

const SIGNS: Record<string, string> = { add: "+", mul: "×" };
const LONGEST = 46;

export function faceOf(network: Network, shown: Shown): Face {
    const { item } = shown;
    if (!item) {
        const output = network.data.outputs[shown.output]!;
        return end(output.name || "output", output.shape);
    }
    if (item.kind === "block") return blockFace(shown);
    const main = network.main(item), call = network.call(main), layer = network.layer(main);
    if (network.data.inputs.includes(main)) return end(layer.name, call.outputs[0]!);
    if (call.family === "merge" && layer.inputs.length > 1 && item.layers.length === 1) {
        const sign = SIGNS[call.op];
        return sign ? plain("sign", "merge", sign, 24, 24)
            : plain("bar", "merge", call.op, Math.max(textWidth(call.op, SMALL) + 22, 18 * layer.inputs.length), 20);
    }
    const title = shortened(printed(call.label) + (layer.first === undefined ? "" : " (shared)"));
    const isThin = item.layers.length === 1 && ["norm", "activation", "regular", "shape"].includes(call.family);
    if (isThin) return plain("thin", call.family, title, Math.max(84, textWidth(title, SMALL) + 26), 20);
    const name = call.weights.length ? `${callName(network, main)} · ${brief(layer.params ?? 0)}` : "";
    const strips = item.layers.map((index) => strip(network, index));
    const at = item.layers.indexOf(main);
    return box(call.family, title, shortened(name), strips.slice(0, at), strips.slice(at + 1));
}

/** What a layer is called; a number alone says too little. */
function callName(network: Network, layer: number): string {
    const steps = network.paths[layer]!.split(".");
    const telling = steps.findLastIndex((step) => !/^\d+$/.test(step));
    return steps.slice(Math.max(0, telling)).join(".");
}

/** How wide a text is on this screen. */
export function textWidth(text: string, size: number, bold = false): number {
    const font = `${bold ? 600 : 400} ${size}px ${FONT}`;
    const key = `${font}|${text}`;
    let known = widths.get(key);
    if (known === undefined) {
        pen.font = font;
        known = pen.measureText(text).width;
        widths.set(key, known);
    }
    return known;
}

const pen = document.createElement("canvas").getContext("2d")!;
const widths = new Map<string, number>();

export function shortened(text: string, most = LONGEST): string {
    const letters = [...text];
    return letters.length <= most ? text : `${letters.slice(0, most - 1).join("").trimEnd()}…`;
}

function blockFace(shown: Shown): Face {
    const item = shown.item!, scope = item.scope!;
    const { name, kind, number } = names(item);
    const shared = scope.first === null ? "" : " (shared)";
    const aside = (name ? kind : shown.times > 1 ? "" : number) + shared;
    const { weight_layers, params } = scope.totals;
    const facts = weight_layers ? `${counted(weight_layers, "weight layer")} · ${brief(params)}`
        : counted(item.inside.length, "layer");
    return box("block", shortened(name || kind), facts, [], [], shortened(aside, 30), 18);
}

function strip(network: Network, layer: number): Strip {
    const { label, family } = network.call(layer);
    const text = shortened(printed(label), 24);
    return { layer, text, family, width: textWidth(text, STRIP) + 12 };
}

function box(
    family: Face["family"], title: string, subtitle: string, before: Strip[], after: Strip[], aside = "", extra = 0,
): Face {
    const strips = [before, after].map((row) => row.reduce((sum, each) => sum + each.width + 3, 5));
    const heading = textWidth(title, TITLE, true) + (aside ? textWidth(aside, SMALL) + 6 : 0);
    const texts = [heading + 26 + extra, textWidth(subtitle, SMALL) + 26 + extra];
    const width = Math.ceil(Math.max(92, ...texts, ...strips) / 2) * 2;
    for (const row of [before, after]) stretch(row, width);
    const rows = (before.length ? 18 : 0) + (after.length ? 18 : 0);
    return { form: "box", family, title, aside, subtitle, before, after, width, height: (subtitle ? 40 : 28) + rows };
}

/** Make the strips of a row as wide, together, as their box. */
function stretch(row: Strip[], width: number): void {
    const room = width - 5 - row.reduce((sum, each) => sum + each.width + 3, 0);
    for (const each of row) each.width += room / row.length;
}

function end(name: string, shape: string): Face {
    const width = Math.max(76, textWidth(shortened(name), TITLE, true) + 32, textWidth(shape, SMALL) + 32);
    return { ...plain("end", "source", shortened(name), Math.ceil(width / 2) * 2, 38), subtitle: shape };
}

function plain(form: Face["form"], family: Face["family"], title: string, width: number, height: number): Face {
    const even = Math.ceil(width / 2) * 2;
    return { form, family, title, aside: "", subtitle: "", before: [], after: [], width: even, height };
}
