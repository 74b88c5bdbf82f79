/** Numbers, labels and names as people read them. */

import type { Item, Network } from "./network";
import type { Shown } from "./showing";

/** `138,357,544`. */
export function exact(count: number): string {
    return count.toLocaleString("en-US");
}

/** `138M`: three digits and the power of a thousand. */
export function brief(count: number): string {
    for (const [power, sign] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "K"]] as const) {
        if (count >= power * 0.9995) return `${Number((count / power).toPrecision(3))}${sign}`;
    }
    return `${count}`;
}

/** `89 %`, of little `0.03 %`; empty of nothing. */
export function share(part: number, whole: number): string {
    if (!part || !whole) return "";
    const percent = (100 * part) / whole;
    const text = percent >= 9.95 ? percent.toFixed(0) : percent.toPrecision(2).replace(/\.?0+$/, "");
    return percent < 0.001 ? "< 0.001 %" : `${text} %`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
    return `${exact(count)} ${count === 1 ? one : many}`;
}

/** `3×3 conv, 64`, as people print it. */
export function printed(label: string): string {
    return label.replace(/(\d)x(?=\d)/g, "$1×");
}

/** A block's own name and its kind, each only where it tells something; `number` of one among its like. */
export function names(item: Item): { name: string; kind: string; number: string } {
    const scope = item.scope;
    if (!scope) return { name: "", kind: "", number: "" };
    const { name, definition } = scope;
    const [, number] = /^[_-]?(\d*)$/.exec(name.startsWith(definition) ? name.slice(definition.length) : name) ?? [];
    if (definition && number !== undefined) return { name: "", kind: definition, number };
    return { name: name || definition, kind: name.startsWith(definition) ? "" : definition, number: "" };
}

/** One line on what is shown, for a listener: what it is, where it is, what comes out. */
export function spoken(network: Network, shown: Shown): string {
    const { item } = shown;
    const times = shown.times > 1 ? `, ${shown.times} times` : "";
    if (!item) {
        const output = network.data.outputs[shown.output]!;
        return `output ${output.name}, ${output.shape}`;
    }
    if (item.kind === "repeat") return `${counted(item.times, "time")} the same, ${shown.times > 1 ? "folded" : "unfolded"}`;
    if (item.scope) {
        const { name, kind } = names(item);
        const out = item.scope.outputs.join(" and ");
        const facts = `${counted(item.scope.totals.params, "parameter")}${out ? `, gives ${out}` : ""}`;
        return `block ${[name, kind].filter(Boolean).join(", ")}${times}, ${item.key}, ${facts}`;
    }
    const main = network.main(item);
    const labels = item.layers.map((index) => printed(network.call(index).label)).join(", ");
    return `${labels}${times}, ${network.paths[main]}, gives ${network.call(item.layers.at(-1)!).outputs.join(" and ")}`;
}
